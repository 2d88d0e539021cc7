#include "roux/base/type_name.h"
