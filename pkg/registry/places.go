package registry

import (
	"context"
	"slices"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// places remember which repositories of a registry have which blob, and see to
// it that each blob is sent there once: who wants it while it is being sent
// waits, and then has it mounted. The zero value is ready.
type places struct {
	mu   sync.Mutex
	held map[v1.Hash]*place
}

type place struct {
	repositories []string
	sending      chan struct{} // closed when the sender has ended; nil without one
}

// claim is what is known of a blob that a repository is to have.
type claim struct {
	has  bool            // the repository has it
	from string          // a repository that it can be mounted from, or empty
	end  func(sent bool) // of the one who is to send it; nil otherwise
}

// claim says how the repository comes by the blob. The one who is told to send
// it must call end.
func (p *places) claim(ctx context.Context, digest v1.Hash, repository string) (claim, error) {
	for {
		known, wait := p.try(digest, repository)
		if wait == nil {
			return known, nil
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return claim{}, ctx.Err()
		}
	}
}

func (p *places) try(digest v1.Hash, repository string) (claim, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.at(digest)
	switch {
	case slices.Contains(at.repositories, repository):
		return claim{has: true}, nil
	case len(at.repositories) > 0:
		return claim{from: at.repositories[0]}, nil
	case at.sending != nil:
		return claim{}, at.sending
	}
	at.sending = make(chan struct{})
	return claim{end: func(sent bool) { p.sent(digest, repository, sent) }}, nil
}

func (p *places) sent(digest v1.Hash, repository string, well bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.at(digest)
	close(at.sending)
	at.sending = nil
	if well {
		at.add(repository)
	}
}

// add remembers that the repository has the blob.
func (p *places) add(digest v1.Hash, repository string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at(digest).add(repository)
}

// forget drops the blobs of a repository: the registry has lost some.
func (p *places) forget(repository string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, at := range p.held {
		at.repositories = slices.DeleteFunc(at.repositories, func(r string) bool { return r == repository })
	}
}

func (p *places) at(digest v1.Hash) *place {
	if p.held == nil {
		p.held = map[v1.Hash]*place{}
	}
	if p.held[digest] == nil {
		p.held[digest] = &place{}
	}
	return p.held[digest]
}

func (at *place) add(repository string) {
	if !slices.Contains(at.repositories, repository) {
		at.repositories = append(at.repositories, repository)
	}
}
