// Package memo asks once for what several want to know.
package memo

import "sync"

// Map keeps answers by their keys. The zero value is ready; it must not be
// copied once it was asked.
type Map[T any] struct {
	mu      sync.Mutex
	answers map[string]func() (T, error)
}

// Get gives the answer for the key, an error too. The first who wants to know
// asks, and those who come meanwhile wait for it; other keys do not.
func (m *Map[T]) Get(key string, ask func() (T, error)) (T, error) {
	m.mu.Lock()
	answer, ok := m.answers[key]
	if !ok {
		answer = sync.OnceValues(ask)
		if m.answers == nil {
			m.answers = map[string]func() (T, error){}
		}
		m.answers[key] = answer
	}
	m.mu.Unlock()
	return answer()
}
