#include "roux/config/dump.h"

#include <sstream>

#include "config/without_optional.h"
#include "roux/base/error.h"
#include "roux/base/strings.h"
#include "roux/config/choice.h"
#include "roux/config/json.h"
#include "roux/config/toml.h"

namespace roux::config {
namespace {

constexpr std::size_t kCommentWidth = 98;
const Limits kNoLimits;

std::string capitalised(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 32);
  return text;
}

class TomlDumper {
 public:
  explicit TomlDumper(const Catalog& catalog) : catalog_(catalog) {}

  // The keys of a table, single values first: below a [header] they would belong to that.
  void dump(const Type* type, const Value& value, const std::string& path) {
    const auto& entries = value.as<Table>()->entries();
    for (const auto& [key, inner] : entries) {
      if (inner.as<Table>()) continue;
      comment(doc_of(type, key));
      out_ << quote_key(key) << " = " << lines_of(inner) << '\n';
    }
    for (const auto& [key, inner] : entries) {
      if (!inner.as<Table>()) continue;
      const auto full = join_key(path, quote_key(key));
      out_ << '\n';
      comment(doc_of(type, key));
      out_ << '[' << full << "]\n";
      dump(without_optional(type ? type->member(key, value, catalog_) : nullptr), inner, full);
    }
  }

  std::string text() const {
    const auto text = out_.str();
    return text.starts_with('\n') ? text.substr(1) : text;
  }

 private:
  void comment(const std::string& doc) {
    for (const auto& line : wrap(doc, kCommentWidth)) out_ << "# " << line << '\n';
  }

  std::string doc_of(const Type* type, const std::string& key) const {
    if (const auto* choice = dynamic_cast<const ChoiceType*>(type)) {
      return key == "name" ? cat("One of ", join(catalog_.names(choice->kind()), ", "), ".") : "";
    }
    const auto* structure = dynamic_cast<const StructType*>(type);
    const auto* field = structure ? structure->find(key) : nullptr;
    if (!field) return "";
    const auto rule = capitalised(field->type->rule(field->limits));
    return rule.empty() ? field->doc : cat(field->doc, " ", rule, ".");
  }

  // A list of tables gets a line for each.
  static std::string lines_of(const Value& value) {
    const auto* array = value.as<Array>();
    if (!array || array->empty() || !(*array)[0].as<Table>()) return to_toml(value);
    std::string lines = "[\n";
    for (const auto& element : *array) lines += cat("  ", to_toml(element), ",\n");
    return lines + "]";
  }

  const Catalog& catalog_;
  std::ostringstream out_;
};

}  // namespace

std::string dump_toml(ConfigType type, const void* object, const Catalog& catalog) {
  TomlDumper dumper(catalog);
  Value value = type->write(object);
  type->complete(value, catalog);
  dumper.dump(&*type, escape_references(value), "");
  return dumper.text();
}

std::string dump_schema(ConfigType type, const Catalog& catalog) {
  Table schema;
  schema.set("$schema", default_value("https://json-schema.org/draft/2020-12/schema"));
  schema.set("title", default_value(type->name()));
  const Value body = type->schema(kNoLimits, catalog);
  for (const auto& [key, value] : body.as<Table>()->entries()) schema.set(key, value);

  Table definitions;
  definitions.set("reference", schema_table({{"type", "string"}, {"pattern", "\\$\\{"}}));
  schema.set("$defs", default_value(std::move(definitions)));
  return to_json(default_value(std::move(schema)));
}

}  // namespace roux::config
