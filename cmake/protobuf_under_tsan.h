// Under the thread sanitizer protobuf's map_field.h (3.21) gives every map field one more member than the system's library,
// built without it, knows of: messages with maps then overwrite their neighbours. Included before everything else, so
// that the header is read as the library was built.
#pragma once

#include <memory>

#undef __SANITIZE_THREAD__
#include <google/protobuf/map_field.h>
#define __SANITIZE_THREAD__ 1
