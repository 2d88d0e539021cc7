#include "roux/config/help.h"

#include <algorithm>
#include <sstream>

#include "config/without_optional.h"
#include "roux/base/error.h"
#include "roux/base/strings.h"
#include "roux/config/choice.h"
#include "roux/config/toml.h"

namespace roux::config {
namespace {

constexpr std::size_t kWidth = 96;

void collect_keys(const Value& value, const std::string& prefix, std::vector<std::string>& keys) {
  for (const auto& [key, inner] : value.as<Table>()->entries()) {
    const auto full = join_key(prefix, quote_key(key));
    if (inner.as<Table>()) {
      collect_keys(inner, full, keys);
    } else {
      keys.push_back(full);
    }
  }
}

Value complete_tree(ConfigType type, const void* object, const Catalog& catalog) {
  Value tree = type->write(object);
  type->complete(tree, catalog);
  return escape_references(tree);
}

// What a key of a config is: its type, its value, and the field that describes it.
struct Found {
  const Type* type = nullptr;
  const Value* value = nullptr;
  const FieldInfo* field = nullptr;     // null in the middle of a map or a choice
  const ChoiceType* chooses = nullptr;  // of which this is the name
};

class Helper {
 public:
  Helper(ConfigType type, const Value& tree, const Catalog& catalog)
      : type_(type), tree_(tree), catalog_(catalog) {}

  std::string text(std::string_view key) {
    const Found found = find(key);
    const Type* type = without_optional(found.type);
    if (!key.empty()) heading(key, found);
    if (const auto* structure = dynamic_cast<const StructType*>(type)) {
      if (found.value && !found.value->as<Table>()) out_ << '\n';
      list_fields(*structure);
    } else if (const auto* choice = dynamic_cast<const ChoiceType*>(type)) {
      list_components(*choice, key);
    } else if (const auto* named = dynamic_cast<const EnumType*>(type)) {
      list_values(*named);
    }
    return out_.str();
  }

 private:
  Found find(std::string_view key) const {
    Found at{&*type_, &tree_};
    if (key.empty()) return at;
    for (const auto& part : split_key(key)) {
      const Type* type = without_optional(at.type);
      const auto* structure = dynamic_cast<const StructType*>(type);
      static const Value kNothing;
      const auto* inner =
          type ? type->member(part, at.value ? *at.value : kNothing, catalog_) : nullptr;
      if (!inner) throw ConfigError(unknown(key));
      const auto* table = at.value ? at.value->as<Table>() : nullptr;
      at = {inner, table ? table->find(part) : nullptr, structure ? structure->find(part) : nullptr,
            part == "name" ? dynamic_cast<const ChoiceType*>(type) : nullptr};
    }
    return at;
  }

  std::string unknown(std::string_view key) const {
    std::vector<std::string> keys;
    collect_keys(tree_, "", keys);
    for (const auto& name : type_->field_names()) keys.push_back(name);

    auto hint = did_you_mean(key, keys);
    const auto ending = cat(".", key);
    const auto same =
        std::ranges::find_if(keys, [&](const auto& each) { return each.ends_with(ending); });
    if (hint.empty() && same != keys.end()) hint = cat(" (did you mean \"", *same, "\"?)");
    return cat(key, ": unknown key", hint);
  }

  void heading(std::string_view key, const Found& found) {
    const bool has_value = found.value && !found.value->as<Table>();
    out_ << key;
    if (has_value) out_ << " = " << to_toml(*found.value);
    out_ << "\n\n";
    if (found.field) {
      for (const auto& line : wrap(found.field->doc, kWidth)) out_ << "  " << line << '\n';
      out_ << '\n';
    }
    // Below a section that is unset there is no value to show.
    if (!has_value && (found.value || !found.type->single())) return;
    const auto rule = found.field ? found.field->type->rule(found.field->limits) : "";
    const auto noun = found.chooses
                          ? cat("one of ", join(catalog_.names(found.chooses->kind()), ", "))
                          : found.type->noun();
    out_ << "  Is " << noun;
    if (!rule.empty() && rule != noun) out_ << "; " << rule;
    if (found.field && found.field->limits.required) out_ << "; needs to be specified";
    out_ << ".\n";
  }

  void list_fields(const StructType& structure) {
    std::vector<std::pair<std::string, std::string>> rows;
    for (const auto& field : structure.fields()) rows.emplace_back(field.name, field.doc);
    list(rows);
  }

  void list_components(const ChoiceType& choice, std::string_view key) {
    std::vector<std::pair<std::string, std::string>> rows;
    for (const auto& name : catalog_.names(choice.kind())) {
      const auto fields = catalog_.config_of(choice.kind(), name)->field_names();
      rows.emplace_back(name, fields.empty() ? "no settings" : join(fields, ", "));
    }
    out_ << "  " << key << ".name is one of these; their settings stand in [" << key
         << ".config]:\n\n";
    list(rows);
  }

  void list_values(const EnumType& named) {
    std::vector<std::pair<std::string, std::string>> rows;
    for (const auto& each : named.names()) {
      if (!each.doc.empty()) rows.emplace_back(each.name, each.doc);
    }
    if (!rows.empty()) out_ << '\n';
    list(rows);
  }

  // Two columns, the second wrapped.
  void list(const std::vector<std::pair<std::string, std::string>>& rows) {
    std::size_t column = 0;
    for (const auto& [name, doc] : rows) column = std::max(column, name.size() + 4);
    for (const auto& [name, doc] : rows) {
      std::string left = cat("  ", name, std::string(column - name.size() - 2, ' '));
      for (const auto& line : wrap(doc, kWidth > column + 20 ? kWidth - column : kWidth)) {
        out_ << left << line << '\n';
        left = std::string(column, ' ');
      }
      if (doc.empty()) out_ << "  " << name << '\n';
    }
  }

  ConfigType type_;
  const Value& tree_;
  const Catalog& catalog_;
  std::ostringstream out_;
};

}  // namespace

std::string help_text(ConfigType type, const void* object, std::string_view key,
                      const Catalog& catalog) {
  const Value tree = complete_tree(type, object, catalog);
  return Helper(type, tree, catalog).text(key);
}

std::vector<std::string> all_keys(ConfigType type, const void* object, const Catalog& catalog) {
  std::vector<std::string> keys;
  collect_keys(complete_tree(type, object, catalog), "", keys);
  return keys;
}

}  // namespace roux::config
