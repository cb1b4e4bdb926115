//go:build !race

package embedded_test

// raced: the race detector does not watch this binary.
const raced = false
