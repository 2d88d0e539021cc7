// Asked by the thread sanitizer, and by nobody else.
//
// The last of two threads that hold an exception frees it. They count in libstdc++.so, whose atomic
// operations the sanitizer doesn't see, so it takes the end of an exception for a race.
extern "C" const char* __tsan_default_suppressions();

extern "C" const char* __tsan_default_suppressions() {
  return "race:std::__exception_ptr::exception_ptr::_M_release\n";
}
