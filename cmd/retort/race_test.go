//go:build race

package main

// raced: the race detector watches this binary.
const raced = true
