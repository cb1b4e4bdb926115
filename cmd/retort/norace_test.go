//go:build !race

package main

// raced: the race detector does not watch this binary.
const raced = false
