package archtest

import (
	"cmp"
	"maps"
	"slices"
)

// Package is what the go command says of one package. Packages of this module
// go by their path below its root ("pkg/engine"), others by their import path.
type Package struct {
	Path        string
	Imports     []string // of the files that are no tests
	TestImports []string // of the test files, external ones included
}

// Graph is packages by their Path: those of this module, and all that they
// import directly or through others.
type Graph map[string]Package

// NewGraph makes a graph of packages.
func NewGraph(packages ...Package) Graph {
	g := make(Graph, len(packages))
	for _, p := range packages {
		g[p.Path] = p
	}
	return g
}

// own gives the packages of this module, in order.
func (g Graph) own() []Package {
	var out []Package
	for _, path := range slices.Sorted(maps.Keys(g)) {
		if isOwn(path) {
			out = append(out, g[path])
		}
	}
	return out
}

// chains gives, for every package that from imports through other modules, the
// shortest way there, from itself excluded. The way does not lead through
// packages of this module: these answer for their own imports.
func (g Graph) chains(from Package) [][]string {
	var out, queue [][]string
	seen := map[string]bool{}
	visit := func(way, imports []string) {
		for _, to := range imports {
			if !isOwn(to) && !seen[to] {
				seen[to] = true
				queue = append(queue, append(slices.Clip(way), to))
			}
		}
	}
	for visit(nil, from.Imports); len(queue) > 0; {
		way := queue[0]
		queue = queue[1:]
		out = append(out, way)
		visit(way, g[way[len(way)-1]].Imports)
	}
	slices.SortFunc(out, func(a, b []string) int { return cmp.Compare(a[len(a)-1], b[len(b)-1]) })
	return out
}
