#pragma once

#include <string>
#include <string_view>

#include "tokenizer/jinja/arguments.h"
#include "tokenizer/jinja/text.h"

namespace roux::jinja {

class Runtime;

// "%s is %d" % arguments. Throws Failure for what it does not know.
Text percent_format(Runtime& runtime, const Text& format, const Arguments& arguments);

// "{} is {name}".format(arguments), with Python's alignment and number formats.
Text brace_format(Runtime& runtime, const Text& format, const Arguments& arguments);

}  // namespace roux::jinja
