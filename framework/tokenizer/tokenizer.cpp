#include "roux/tokenizer/tokenizer.h"
