#include "skeleton.h"

#include <cctype>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/temporary_folder.h"

namespace roux::driver {
namespace {

namespace fs = std::filesystem;

// ASCII alone, whatever the locale: these become names in C++ and CMake.
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_joint(char c) {
  return c == '-' || c == '_';
}

// "my-recipe" and "my_recipe" make "MyRecipe".
std::string pascal_case(const std::string& name) {
  std::string result;
  bool begins_word = true;
  for (const char c : name) {
    if (!is_joint(c)) {
      result += begins_word ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    }
    begins_word = is_joint(c);
  }
  return result;
}

}  // namespace

RecipeName recipe_name(const std::string& name) {
  bool good = !name.empty() && is_letter(name[0]);
  for (const char c : name) good = good && (is_letter(c) || is_digit(c) || is_joint(c));
  if (!good) {
    throw ConfigError(
        cat("a recipe's name must be letters, digits, - and _, a letter first, but is \"", name,
            "\" (--name gives another)"));
  }
  return {name, pascal_case(name)};
}

std::string renamed(std::string_view text, const RecipeName& name) {
  constexpr std::string_view kTail = "keleton";
  std::string result;
  // One pass for both spellings: what is put in may hold either, and must not be replaced again.
  while (true) {
    const auto tail = text.find(kTail, 1);
    if (tail == std::string_view::npos) return result.append(text);

    const char first = text[tail - 1];
    if (first == 'S' || first == 's') {
      result.append(text.substr(0, tail - 1));
      result.append(first == 'S' ? name.class_prefix : name.name);
    } else {
      result.append(text.substr(0, tail + kTail.size()));
    }
    text.remove_prefix(tail + kTail.size());
  }
}

void write_skeleton(const fs::path& source, const fs::path& target, const RecipeName& name) {
  if (fs::exists(fs::symlink_status(target))) {
    throw ConfigError(cat(target.string(), " is there already"));
  }
  const fs::path parent = target.parent_path();
  fs::create_directories(parent);

  const TemporaryFolder staged(parent);
  for (const auto& entry : fs::recursive_directory_iterator(source)) {
    const fs::path copy = staged.path() / entry.path().lexically_relative(source);
    if (entry.is_directory()) {
      fs::create_directory(copy);
    } else {
      write_file(copy, renamed(read_file(entry.path()), name));
    }
  }
  durable_rename(staged.path(), target);
}

}  // namespace roux::driver
