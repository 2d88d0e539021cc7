#pragma once

namespace roux::ops {

// Whether this processor has AMX and oneDNN, behind LibTorch's own products, is kept from using it.
bool onednn_lacks_amx();

}  // namespace roux::ops
