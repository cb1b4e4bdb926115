// Package mask keeps secrets out of what people read: each becomes *** in text
// and in streams, also where a write ends in its middle, and where it was
// base64-coded.
package mask

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// marker stands where a secret was.
const marker = "***"

// Lengths in characters. Masking a shorter secret would ruin the text around
// it and tell the secret by the holes.
const (
	minSecret = 4
	minLine   = 8 // of one line of a secret of several
)

// Set is a set of secrets that can grow while it is used: a registry's password
// is known when it is first needed. The zero Set is empty and ready. It is
// safe for concurrent use.
type Set struct {
	mu      sync.RWMutex
	secrets []string
}

// NewSet makes a set of secrets, as Add does.
func NewSet(secrets ...string) *Set {
	s := &Set{}
	s.Add(secrets...)
	return s
}

// Add adds secrets. One of fewer than 4 characters is ignored. Of one with
// several lines, such as a PEM key, each line is a secret as well: output comes
// to a reader line by line, with something before each. What base64 makes of a
// secret is one too.
func (s *Set) Add(secrets ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range secrets {
		s.add(secret, minSecret)
		if strings.Contains(secret, "\n") {
			for line := range strings.SplitSeq(secret, "\n") {
				s.add(strings.TrimSpace(line), minLine)
			}
		}
	}
}

func (s *Set) add(secret string, least int) {
	if utf8.RuneCountInString(secret) < least || slices.Contains(s.secrets, secret) {
		return
	}
	s.secrets = append(s.secrets, secret)
	for _, coded := range base64Forms(secret) {
		if !slices.Contains(s.secrets, coded) {
			s.secrets = append(s.secrets, coded)
		}
	}
}

// Text gives text with every secret in it replaced.
func (s *Set) Text(text string) string {
	secrets := s.list()
	if !slices.ContainsFunc(secrets, func(secret string) bool { return strings.Contains(text, secret) }) {
		return text
	}
	var out strings.Builder
	m := masker{out: &out}
	_ = m.advance(text, spans(text, secrets), len(text)) // a Builder takes all
	return out.String()
}

// list gives the secrets of this moment. Add only appends, so a reader may keep it.
func (s *Set) list() []string {
	if s == nil {
		return nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clip(s.secrets)
}
