// A shared library that is no extension.
extern "C" int stranger() {
  return 1;
}
