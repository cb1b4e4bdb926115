// Package early starts the second self of a command that works on the embedded
// engine before the first has begun. A process that only waits for another needs
// nothing of what is linked here, and to make all that ready takes as long as a good
// part of a build that finds everything in its cache.
//
// Go initializes packages that import little before those that import much, and
// main last: https://go.dev/ref/spec#Program_initialization. So importing this
// package is what does it. Where it is not sure what the command will be, or has no
// namespaces, it leaves all to main, which comes to the same a little later.
package early
