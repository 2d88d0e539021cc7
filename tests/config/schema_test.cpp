#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "config/example_config.h"
#include "roux/base/temporary_folder.h"
#include "roux/config/dump.h"
#include "roux/config/json.h"

namespace roux::config {
namespace {

using example::Components;
using example::Config;
using example::load_file;
using ::testing::SizeIs;

// What the schema says about a field of the example, as JSON on one line.
std::string schema_of(std::string_view path) {
  const Value schema = type_of<Config>().schema({}, Components());
  const Value* at = find_path(schema, path);
  return at ? to_toml(*at) : "nothing";
}

constexpr const char* kOrReference = R"({"$ref" = "#/$defs/reference"})";

TEST(Schema, SaysTheTypeAndBoundsOfAField) {
  EXPECT_EQ(schema_of("properties.title"),
            R"({type = "string", description = "What the run is called.", default = "example"})");
  EXPECT_EQ(schema_of("properties.regime.properties.save_every.anyOf"),
            cat(R"([{type = "integer", minimum = 1}, )", kOrReference, "]"));
  EXPECT_EQ(schema_of("properties.data.properties.split.anyOf"),
            cat(R"([{type = "object", properties = {share = {anyOf = [{type = "number", )",
                R"(exclusiveMinimum = 0, exclusiveMaximum = 1}, )", kOrReference,
                R"(], description = "Part of the data that is held back.", default = 0.1}, )",
                R"(shuffle = {anyOf = [{type = "boolean"}, )", kOrReference,
                R"(], description = "Mix before splitting.", default = true}}, )",
                R"(additionalProperties = false}, {const = "none"}])"));
}

TEST(Schema, LetsAReferenceStandForAnySingleValue) {
  EXPECT_EQ(schema_of("properties.regime.properties.recompute.anyOf"),
            cat(R"([{type = "string", enum = ["off", "layerwise"]}, )", kOrReference, "]"));
  EXPECT_EQ(schema_of("properties.data.properties.weights.additionalProperties.anyOf"),
            cat(R"([{type = "number", minimum = 0}, )", kOrReference, "]"));
  EXPECT_EQ(schema_of("properties.optimizer.properties.name.anyOf"),
            cat(R"([{enum = ["adamw", "sgd"]}, )", kOrReference, "]"));
}

TEST(Schema, KnowsNoOtherKeysAndMarksThoseThatAreIgnored) {
  EXPECT_EQ(schema_of("properties.regime.additionalProperties"), "false");
  EXPECT_EQ(schema_of("properties.regime.properties.compile"),
            R"({deprecated = true, description = "there is nothing to compile"})");
}

TEST(ToJson, WritesEveryValueAsJsonDoes) {
  const Value value = parse_toml(
      "a = [1, -0.5, true, []]\nb = {\"c \\\"\\n\\u0001\" = \"ä\"}\nc = inf\nd = 1979-05-27\ne = "
      "{}\n",
      "a.toml", "/");

  EXPECT_EQ(to_json(value),
            "{\n"
            "  \"a\": [\n"
            "    1,\n"
            "    -0.5,\n"
            "    true,\n"
            "    []\n"
            "  ],\n"
            "  \"b\": {\n"
            "    \"c \\\"\\n\\u0001\": \"ä\"\n"
            "  },\n"
            "  \"c\": \"inf\",\n"
            "  \"d\": \"1979-05-27\",\n"
            "  \"e\": {}\n"
            "}\n");
}

// The schema and documents to check against it, as an independent program sees them.
class SlowSchema : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::system("python3 -c 'import jsonschema' 2> /dev/null") != 0) {
      GTEST_SKIP() << "needs Python's jsonschema (pip install jsonschema)";
    }
    std::ofstream(folder_.path() / "schema.json")
        << dump_schema(config_type<Config>(), Components());
  }

  bool is_valid_schema() { return python("jsonschema.Draft202012Validator.check_schema(schema)"); }

  // Whether the schema accepts what is in a file of TOML.
  bool accepts(const std::string& toml) {
    std::ofstream(folder_.path() / "config.json") << to_json(parse_toml(toml, "a.toml", "/"));
    return python(
        "jsonschema.validate(json.load(open('config.json')), schema, "
        "jsonschema.Draft202012Validator)");
  }

  bool python(const std::string& statement) {
    const auto script = folder_.path() / "check.py";
    std::ofstream(script) << "import json, jsonschema\nschema = json.load(open('schema.json'))\n"
                          << statement << "\n";
    return std::system(cat("cd ", folder_.path(), " && python3 check.py 2> /dev/null").c_str()) ==
           0;
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(SlowSchema, IsADraft202012Schema) {
  EXPECT_TRUE(is_valid_schema());
}

TEST_F(SlowSchema, AcceptsWhatWeAccept) {
  const Config config;

  EXPECT_TRUE(accepts(dump_toml(config_type<Config>(), &config, Components())));
  for (const char* toml : {"",
                           "title = \"x\"",
                           "regime.num_steps = 5",
                           "regime.num_steps = \"none\"",
                           "regime.num_steps = \"${env:STEPS}\"",
                           "regime.timeout = 15",
                           "regime.timeout = \"15s\"",
                           "regime.dtype = \"torch.bfloat16\"",
                           "regime.dtype = \"${title}\"",
                           "regime.compile = 1",
                           "data.temperature = [1, 0.5]",
                           "data.split = {share = 0.5}",
                           "data.weights.\"a b\" = 1",
                           "data.extra = {a = [1]}",
                           "data.buffer = 1024",
                           "optimizer.config.momentum = 1",
                           "optimizer = {name = \"sgd\", config.momentum = 1}",
                           "optimizer.name = \"${env:NAME}\"",
                           "optimizer.config.betas = [0.9, \"${title}\"]",
                           "more = [{name = \"sgd\"}]"}) {
    EXPECT_TRUE(accepts(toml)) << toml;
  }
}

TEST_F(SlowSchema, RefusesWhatWeRefuse) {
  for (const char* toml :
       {"titel = \"x\"", "title = 7", "regime.num_steps = 0", "regime.num_steps = 1.5",
        "regime.num_steps = \"five\"", "regime.recompute = \"layer\"", "regime.dtype = \"float8\"",
        "data.temperature = [0]", "data.files = []", "data.split = {share = 1}",
        "data.weights.a = -1", "optimizer.name = \"sdg\"",
        "optimizer = {name = \"sgd\", config.betas = [0.9, 0.9]}",
        "optimizer = {name = \"adamw\", config.betas = [0.9]}", "more = [{name = 7}]"}) {
    EXPECT_THAT(load_file(toml).problems, SizeIs(1)) << toml;
    EXPECT_FALSE(accepts(toml)) << toml;
  }
}

}  // namespace
}  // namespace roux::config
