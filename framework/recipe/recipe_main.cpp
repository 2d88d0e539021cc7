#include "roux/recipe/recipe_main.h"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <iostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "recipe/launched.h"
#include "recipe/options.h"
#include "recipe/output_folder.h"
#include "recipe/torch_settings.h"
#include "recipe/wired.h"
#include "roux/base/error.h"
#include "roux/base/log.h"
#include "roux/base/strings.h"
#include "roux/base/version.h"
#include "roux/base/visible.h"
#include "roux/config/dump.h"
#include "roux/config/help.h"
#include "roux/config/sections/common.h"
#include "roux/config/toml.h"
#include "roux/di/graph.h"
#include "roux/gang/world.h"
#include "roux/trainer/stop.h"

namespace roux {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrongInput = 2;
constexpr int kSignalled = 128;  // and the signal's number

// The first comment of a preset says what it is for.
std::string first_comment(std::string_view text) {
  const auto line = trim(text.substr(0, text.find('\n')));
  return line.starts_with("#") ? std::string(trim(line.substr(1))) : "";
}

// What to say of an error, and what to exit with.
std::pair<std::string, int> describe_error(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const ConfigError& error) {
    return {visible(error.what()), kWrongInput};
  } catch (const std::exception& error) {
    return {visible(error.what()), kFailed};
  } catch (...) {
    return {"something was thrown that is no std::exception", kFailed};
  }
}

// Ends the program after an error that was told already.
struct Reported {
  explicit Reported(int exit_code) : code(exit_code) {}
  int code;
};

class Program {
 public:
  Program(const RecipeParts& recipe, const RecipeAssets* assets, std::string name)
      : recipe_(recipe), assets_(assets), name_(std::move(name)) {}

  int run(const Options& options) {
    if (options.checkpoint_dir && !recipe_.saves_checkpoints) {
      throw ConfigError("--checkpoint-dir: this recipe saves no checkpoints");
    }
    switch (options.ask) {
      case Ask::Version:
        std::cout << name_ << ' ' << version() << " (LibTorch " << torch_version() << ")\n";
        return kDone;
      case Ask::ListPresets:
        list_presets(std::cout, "");
        return kDone;
      default:
        break;
    }

    WiredRecipe wired(recipe_);
    wired.load(sources(options));
    for (const auto& warning : wired.loaded.problems.warnings()) log_warning(to_string(warning));
    if (answer_without_check(options, wired)) return kDone;

    wired.loaded.problems.throw_if_any();
    wired.seal(options.output_dir.value_or("output"), {.on = options.ask == Ask::DryRun});
    return run_wired(options, wired);
  }

 private:
  // Tells of every file that can't be read, and not of the first alone.
  std::vector<config::ConfigSource> sources(const Options& options) const {
    std::vector<config::ConfigSource> sources;
    std::vector<std::string> problems;
    const auto add = [&](const auto& read) {
      try {
        sources.push_back({.table = read()});
      } catch (const ConfigError& error) {
        problems.emplace_back(error.what());
      }
    };
    for (const auto& name : options.presets) {
      add([&] { return config::parse_toml(find_preset(name).text, cat("preset ", name), ""); });
    }
    for (const auto& file : options.config_files) {
      add([&] { return config::load_toml(file); });
    }
    if (!problems.empty()) throw ConfigError(join(problems, "\n"));

    for (const auto& [option, word] : options.overrides) {
      sources.push_back({.override = word, .option = option});
    }
    return sources;
  }

  std::span<const Preset> presets() const {
    return assets_ ? assets_->presets : std::span<const Preset>();
  }

  const Preset& find_preset(const std::string& name) const {
    const auto found = std::ranges::find(presets(), name, &Preset::name);
    if (found != presets().end()) return *found;

    std::vector<std::string> names;
    for (const auto& preset : presets()) names.emplace_back(preset.name);
    if (names.empty()) throw ConfigError(cat("--preset ", name, ": this recipe has no presets"));
    throw ConfigError(cat("--preset must be one of ", join(names, ", "), ", but is \"", name, "\"",
                          did_you_mean(name, names)));
  }

  // What can be told of a config that isn't whole or right yet. Says whether it was that.
  bool answer_without_check(const Options& options, const WiredRecipe& wired) const {
    const void* config = wired.loaded.object.get();
    switch (options.ask) {
      case Ask::DumpSchema:
        std::cout << config::dump_schema(wired.type, wired.catalog);
        return true;
      case Ask::ListKeys:
        for (const auto& key : config::all_keys(wired.type, config, wired.catalog)) {
          std::cout << key << '\n';
        }
        return true;
      case Ask::Help:
        if (options.help_key.empty()) print_usage();
        std::cout << config::help_text(wired.type, config, options.help_key, wired.catalog);
        if (options.help_key.empty()) print_presets();
        return true;
      case Ask::DumpConfig: {
        // A key that needs a value is shown unset: a dump is how most configs begin.
        wired.loaded.problems.throw_if_any_but_missing();
        std::cout << config::dump_toml(wired.type, config, wired.catalog);
        return true;
      }
      default:
        return false;
    }
  }

  int run_wired(const Options& options, WiredRecipe& wired) const {
    switch (options.ask) {
      case Ask::Explain:
        std::cout << di::to_text(wired.container.graph());
        return kDone;
      case Ask::ExplainDot:
        std::cout << di::to_dot(wired.container.graph());
        return kDone;
      case Ask::Validate:
        std::cout << "Config is well-formed!\n";
        return kDone;
      default:
        return train(options, wired);
    }
  }

  int train(const Options& options, WiredRecipe& wired) const {
    const auto& common = wired.container.get<const CommonConfig>();
    apply_torch_settings(common.torch);
    if (options.ask == Ask::DryRun) {
      wired.create_job();
      std::cout << "Everything was built, nothing was run.\n";
      return kDone;
    }

    if (!recipe_.saves_checkpoints &&
        std::filesystem::exists(*options.output_dir / "checkpoints")) {
      throw ConfigError(cat("OUTPUT_DIR must be another folder than ", options.output_dir->string(),
                            ", which a training run lives in"));
    }
    const auto dump = wired.dump();
    const World& world = wired.container.get<const World>();
    const RunFolder folder(*options.output_dir, dump, world.rank);
    if (options.checkpoint_dir) folder.put_checkpoints(*options.checkpoint_dir);
    folder.begin_log(cat(title(), " (Roux ", version(), ")"), dump, common.debug);
    try {
      meet_others(wired.container);  // before: nobody would look at a wish to stop
      const StopOnSignals listening;
      wired.create_job()->run();
    } catch (...) {
      // Into the log too, while there is one.
      const auto [what, code] = describe_error(std::current_exception());
      log_error(what);
      if (code == kWrongInput) folder.restore_config();
      if (speaks_for_itself()) folder.report(what);
      report_to_launcher(what, std::current_exception(), code);
      throw Reported(code);
    }
    const auto signal = StopRequest().signal();
    return signal ? kSignalled + *signal : kDone;
  }

  std::string title() const { return assets_ ? std::string(assets_->name) : name_; }

  void print_usage() const {
    std::cout
        << "usage: " << name_
        << " OUTPUT_DIR [--preset NAME] [--config-file FILE ...] [--config KEY=VALUE ...]\n\n";
    if (assets_) std::cout << assets_->summary << ".\n\n";
    std::cout << options_help(recipe_.shortcuts)
              << "\nSections of the config (--help SECTION and --help SECTION.KEY say more):\n";
  }

  void print_presets() const {
    if (presets().empty()) return;
    std::cout << "\nPresets:\n";
    list_presets(std::cout, "  ");
  }

  void list_presets(std::ostream& out, std::string_view indent) const {
    std::size_t column = 0;
    for (const auto& preset : presets()) column = std::max(column, preset.name.size() + 4);
    for (const auto& preset : presets()) {
      const auto comment = first_comment(preset.text);
      out << indent << preset.name;
      if (!comment.empty()) out << std::string(column - preset.name.size(), ' ') << comment;
      out << '\n';
    }
  }

  const RecipeParts& recipe_;
  const RecipeAssets* assets_;
  std::string name_;
};

}  // namespace

int recipe_main(const RecipeParts& recipe, const RecipeAssets* assets, int argc, char** argv) {
  const auto name = std::filesystem::path(argc > 0 ? argv[0] : "recipe").filename().string();
  Options options;
  try {
    options = parse_options(argc, argv, recipe.shortcuts);
  } catch (const ConfigError& error) {
    std::cerr << name << ": " << error.what() << "\nTry " << name << " --help.\n";
    return kWrongInput;
  }

  try {
    const int code = Program(recipe, assets, name).run(options);
    std::cout.flush();
    if (!std::cout) throw Error("can't write to the standard output");
    return code;
  } catch (const Reported& reported) {
    return reported.code;
  } catch (...) {
    const auto [what, exit_code] = describe_error(std::current_exception());
    report_to_launcher(what, std::current_exception(), exit_code);
    // As it is: a problem's line begins with the place that editors and terminals jump to.
    std::cout.flush();
    if (speaks_for_itself()) std::cerr << what << '\n';
    return exit_code;
  }
}

}  // namespace roux
