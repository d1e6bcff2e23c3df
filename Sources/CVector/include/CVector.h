// Header-only vector primitives, and the only file that knows processors.
#ifndef CVECTOR_H
#define CVECTOR_H

#include "lane_vector.h"
#include "processor.h"

#endif
