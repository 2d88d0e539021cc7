#include "config/scalar_reading.h"
#include "roux/config/scalar_types.h"

namespace roux::config {
namespace {

// `value` with every text and string in it, however deep, replaced by what `change` makes of it.
template <typename Change>
Value changed(const Value& value, const Change& change) {
  Value copy = change(value);
  if (auto* array = copy.as<Array>()) {
    for (auto& element : *array) element = changed(element, change);
  } else if (auto* table = copy.as<Table>()) {
    for (auto& [key, element] : table->entries()) element = changed(element, change);
  }
  return copy;
}

class RawTableType final : public Type {
 public:
  std::string noun() const override { return "a table"; }
  bool single() const override { return false; }

  void read(const Value& value, void* target, const Reading& reading) const override {
    const TomlView typed(value);
    if (!typed || !typed->as<Table>()) return reading.refuse(value, noun());
    // No field says what a word of the command line is here: TOML if it can be, else a string.
    static_cast<RawTable*>(target)->value = changed(*typed, [](const Value& each) {
      const auto* text = each.as<Text>();
      return text ? TomlView(each).value_or(Value(text->text, each.place())) : each;
    });
  }

  Value write(const void* object) const override {
    return changed(static_cast<const RawTable*>(object)->value,
                   [](const Value& each) { return default_value(each.data()); });
  }

  Value schema(const Limits&, const Catalog&) const override {
    return schema_table({{"type", "object"}});
  }

  bool empty(const void* object) const override {
    return static_cast<const RawTable*>(object)->value.as<Table>()->empty();
  }
};

}  // namespace

template <>
const Type& scalar_type<RawTable>() {
  return single<RawTableType>();
}

}  // namespace roux::config
