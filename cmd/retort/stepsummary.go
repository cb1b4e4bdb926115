package main

import (
	"fmt"
	"strings"
)

// markdown is the summary that GitHub Actions shows of a step; nothing where
// there is nothing to tell.
func (h handover) markdown() string {
	if len(h.rows) == 0 && h.note == "" {
		return ""
	}
	var w strings.Builder
	fmt.Fprintf(&w, "### %s\n\n", h.title)
	if len(h.rows) > 0 {
		markdownRow(&w, h.header)
		fmt.Fprintf(&w, "|%s\n", strings.Repeat(" --- |", len(h.header)))
		for _, row := range h.rows {
			markdownRow(&w, row)
		}
		w.WriteByte('\n')
	}
	if h.note != "" {
		fmt.Fprintf(&w, "%s\n\n", escapeMarkdown(h.note))
	}
	return w.String()
}

func markdownRow(w *strings.Builder, cells []string) {
	for _, cell := range cells {
		fmt.Fprintf(w, "| %s ", escapeMarkdown(cell))
	}
	w.WriteString("|\n")
}

// escapeMarkdown keeps a text in its cell, and what looks like HTML from being
// any.
func escapeMarkdown(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "&", "&amp;").Replace(text)
}

// code is for what is copied: references and tags, which have no backtick.
func code(text string) string { return "`" + text + "`" }
