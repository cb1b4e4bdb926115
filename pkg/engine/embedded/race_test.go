//go:build race

package embedded_test

// raced: the race detector watches this binary.
const raced = true
