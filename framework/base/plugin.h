#pragma once

namespace roux {

// Loads a library of ours that lies beside libroux.so and links what a program should start
// without. It is never unloaded. nullptr: dlerror() says why.
void* open_plugin(const char* name);

}  // namespace roux
