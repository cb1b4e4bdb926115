package main

import (
	"slices"
	"strings"
)

// delivered is an image that later steps go on with.
type delivered struct {
	service string // empty where there is no project
	ref     string // repository@digest
}

// output is one value under the name that later steps know it by.
type output struct{ name, value string }

// outputsOf names the digests by their services: digest_orders and ref_orders,
// and digest and ref where there is only one. A name that two services would
// have is of neither, and is left.
func outputsOf(images []delivered) (outputs []output, left []string) {
	if len(images) == 1 {
		outputs = append(outputs, output{"digest", digestOf(images[0].ref)}, output{"ref", images[0].ref})
	}
	seen := map[string]int{}
	for _, img := range images {
		seen[plainName(img.service)]++
	}
	for _, img := range images {
		name := plainName(img.service)
		switch {
		case name == "":
		case seen[name] > 1:
			left = append(left, "digest_"+name)
		default:
			outputs = append(outputs, output{"digest_" + name, digestOf(img.ref)}, output{"ref_" + name, img.ref})
		}
	}
	slices.Sort(left)
	return outputs, slices.Compact(left)
}

func digestOf(ref string) string { return ref[strings.LastIndexByte(ref, '@')+1:] }

// plainName makes a service's name one that variables may have everywhere.
func plainName(service string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, service)
}
