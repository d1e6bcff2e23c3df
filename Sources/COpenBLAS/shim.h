#include <cblas.h>
#include <stddef.h>

// OpenBLAS brings LAPACK in its library, but not its header. These are the Fortran symbols: matrices column by column,
// everything by its address, and behind all else the length of every text.

// Eigenvalues, ascending, and eigenvectors of a symmetric matrix.
void dsyevd_(
    const char *job, const char *triangle, const blasint *n, double *a, const blasint *lda, double *eigenvalues,
    double *work, const blasint *workCount, blasint *integerWork, const blasint *integerWorkCount, blasint *info,
    size_t jobLength, size_t triangleLength);

// QR decomposition with column pivoting; on entry pivots are 0.
void dgeqp3_(
    const blasint *m, const blasint *n, double *a, const blasint *lda, blasint *pivots, double *tau, double *work,
    const blasint *workCount, blasint *info);

// Singular value decomposition.
void dgesdd_(
    const char *job, const blasint *m, const blasint *n, double *a, const blasint *lda, double *singularValues,
    double *u, const blasint *ldu, double *vt, const blasint *ldvt, double *work, const blasint *workCount,
    blasint *integerWork, blasint *info, size_t jobLength);
