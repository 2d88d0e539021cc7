#include "roux/base/strings.h"
