package engine

import (
	"fmt"
	"strconv"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/pkg/fault"
)

// compressionFormat changes with the bytes that a compression of the same name
// makes, so that nobody takes old ones for new ones. TestFormat of savedimage
// tells when.
const compressionFormat = 1

// Compression is how layers are compressed that no registry holds yet. The
// zero value leaves it to who compresses: gzip at level 1, see OrDefault.
type Compression struct {
	Algorithm string // "gzip" or "zstd"
	Level     int    // 1 to 9 of gzip, 1 to 9 of zstd as its command line counts them
}

// maxLevel is the algorithm's highest level, false for what is none.
func maxLevel(algorithm string) (int, bool) {
	switch algorithm {
	case "gzip":
		return 9, true
	case "zstd":
		return 9, true // what is above has a table of 32 MB for each layer under way
	}
	return 0, false
}

// ParseCompression reads "gzip", "zstd" or one of them with a level: "zstd:9".
// Without a level it is gzip's 1 and zstd's 3. Nothing at all is the zero value.
func ParseCompression(text string) (Compression, error) {
	if text == "" {
		return Compression{}, nil
	}
	algorithm, level, leveled := strings.Cut(text, ":")
	highest, known := maxLevel(algorithm)
	if !known {
		return Compression{}, fault.New(fault.Usage, "gzip, zstd, or one with a level: zstd:9", "compression %q is not known", text)
	}
	c := Compression{Algorithm: algorithm, Level: 1}
	if algorithm == "zstd" {
		c.Level = 3
	}
	if !leveled {
		return c, nil
	}
	n, err := strconv.Atoi(level)
	if err != nil || n < 1 || n > highest {
		return Compression{}, fault.New(fault.Usage, "", "compression %q: the level of %s is a number from 1 to %d", text, algorithm, highest)
	}
	c.Level = n
	return c, nil
}

// OrDefault gives c, or gzip at level 1 where c says nothing: what every engine
// can pull, at the level at which the wire is waited for, not the processor.
func (c Compression) OrDefault() Compression {
	if c == (Compression{}) {
		return Compression{Algorithm: "gzip", Level: 1}
	}
	return c
}

// Key names the bytes that the layer of the diff ID becomes: an engine makes the
// same ones for the same key, wherever and whenever it does.
func (c Compression) Key(diffID v1.Hash) string {
	return fmt.Sprintf("%s of %s, format %d", c.OrDefault(), diffID, compressionFormat)
}

// String is what ParseCompression reads.
func (c Compression) String() string {
	if c == (Compression{}) {
		return ""
	}
	return fmt.Sprintf("%s:%d", c.Algorithm, c.Level)
}
