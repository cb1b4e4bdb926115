package mask

import (
	"cmp"
	"io"
	"slices"
	"strings"
)

// span is the part [from, to) of a text that is a secret.
type span struct{ from, to int }

// spans finds every occurrence of every secret, those that overlap too, and
// gives them in order, joined where they touch.
func spans(text string, secrets []string) []span {
	var found []span
	for _, secret := range secrets {
		for at := 0; ; at++ {
			i := strings.Index(text[at:], secret)
			if i < 0 {
				break
			}
			at += i
			found = append(found, span{at, at + len(secret)})
		}
	}
	slices.SortFunc(found, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var joined []span
	for _, s := range found {
		if last := len(joined) - 1; last >= 0 && s.from <= joined[last].to {
			joined[last].to = max(joined[last].to, s.to)
			continue
		}
		joined = append(joined, s)
	}
	return joined
}

// undecided is where the first secret might begin that the text does not hold
// to its end: the length of the text when there is none.
func undecided(text string, secrets []string) int {
	at := len(text)
	for _, secret := range secrets {
		for i := max(0, len(text)-len(secret)+1); i < at; i++ {
			if strings.HasPrefix(secret, text[i:]) {
				at = i
			}
		}
	}
	return at
}

// masker writes text with markers for spans, piece by piece.
type masker struct {
	out  io.StringWriter
	left int  // bytes of the next piece that belong to a span already begun
	open bool // a marker was the last thing written: what touches it needs no other
}

// advance writes text up to end. A span that goes on behind it is remembered.
func (m *masker) advance(text string, found []span, end int) error {
	at := m.left // its marker is written
	for _, s := range found {
		if s.from >= end {
			break
		}
		if err := m.clear(text[min(at, s.from):s.from]); err != nil {
			return err
		}
		if err := m.hide(); err != nil {
			return err
		}
		at = max(at, s.to)
	}
	m.left = max(0, at-end)
	return m.clear(text[min(at, end):end])
}

func (m *masker) clear(text string) error {
	if text == "" {
		return nil
	}
	m.open = false
	_, err := m.out.WriteString(text)
	return err
}

func (m *masker) hide() error {
	if m.open {
		return nil
	}
	m.open = true
	_, err := m.out.WriteString(marker)
	return err
}
