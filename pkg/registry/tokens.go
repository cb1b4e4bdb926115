package registry

import (
	"sync"
	"time"
)

const (
	// tokenAge is what a token is good for when nobody says (distribution's
	// token specification).
	tokenAge = 60 * time.Second
	// tokenMargin is how long before its end a token is not used any more.
	tokenMargin = 5 * time.Second
)

// tokens are a registry's bearer tokens by the scopes they are good for. The
// zero value is ready.
type tokens struct {
	fetching keyedLock // one request for a token per scopes

	mu   sync.Mutex
	held map[string]heldToken
}

type heldToken struct {
	value string
	until time.Time
}

// get gives the token for the scopes, if one is good yet.
func (t *tokens) get(scopes string) (string, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	held, ok := t.held[scopes]
	return held.value, ok && time.Now().Before(held.until)
}

func (t *tokens) put(scopes, value string, age time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held == nil {
		t.held = map[string]heldToken{}
	}
	t.held[scopes] = heldToken{value: value, until: time.Now().Add(max(age, tokenAge) - tokenMargin)}
}

// drop forgets the token that was refused, unless another has taken its place.
func (t *tokens) drop(scopes, value string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held[scopes].value == value {
		delete(t.held, scopes)
	}
}
