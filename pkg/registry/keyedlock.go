package registry

import "sync"

// keyedLock lets one caller per key go at a time. The zero value is ready.
type keyedLock struct {
	mu   sync.Mutex
	held map[string]*waiters
}

type waiters struct {
	sync.Mutex
	count int // holders and those who wait
}

// lock blocks until key is free and gives the function that frees it.
func (k *keyedLock) lock(key string) (unlock func()) {
	k.mu.Lock()
	if k.held == nil {
		k.held = map[string]*waiters{}
	}
	w := k.held[key]
	if w == nil {
		w = &waiters{}
		k.held[key] = w
	}
	w.count++
	k.mu.Unlock()
	w.Lock()
	return func() { k.unlock(key, w) }
}

func (k *keyedLock) unlock(key string, w *waiters) {
	w.Unlock()
	k.mu.Lock()
	defer k.mu.Unlock()
	if w.count--; w.count == 0 {
		delete(k.held, key)
	}
}
