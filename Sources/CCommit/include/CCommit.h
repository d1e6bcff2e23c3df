// The commit that a build was made of. A target of its own: another commit compiles this one file again, no other.
#ifndef CCOMMIT_H
#define CCOMMIT_H

// NULL where the build was not told, with LAYERSEARCH_COMMIT in its environment (see Package.swift).
const char *build_commit(void);

#endif
