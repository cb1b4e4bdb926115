package ui

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Table writes rows below header, the columns aligned with spaces. A cell is
// one line, whatever it holds, and no line ends in spaces.
func Table(w io.Writer, header []string, rows [][]string) error {
	var aligned bytes.Buffer
	tab := tabwriter.NewWriter(&aligned, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{header}, rows...) {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = strings.Join(strings.Fields(clean(cell)), " ")
		}
		if _, err := fmt.Fprintln(tab, strings.Join(cells, "\t")); err != nil {
			return err
		}
	}
	if err := tab.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(aligned.String()) {
		if _, err := fmt.Fprintln(w, Inert(strings.TrimRight(line, " \n"))); err != nil {
			return err
		}
	}
	return nil
}
