package savedimage

import v1 "github.com/google/go-containerregistry/pkg/v1"

// answer is what Options.Known says of a layer.
type answer struct {
	given chan struct{} // closed when layer is set
	layer v1.Layer
}

// ask begins with it for the layers that the image is known to have: an engine
// takes its time to begin with the stream, and so may a registry that is asked.
func (m *maker) ask() {
	if m.opts.Known == nil {
		return
	}
	for _, text := range m.opts.DiffIDs {
		id, err := v1.NewHash(text)
		if err != nil || m.asked[id] != nil {
			continue
		}
		a := &answer{given: make(chan struct{})}
		m.asked[id] = a
		m.group.Go(func() error {
			defer close(a.given)
			a.layer = m.opts.Known(id)
			return nil
		})
	}
}

// known waits for the answer.
func (m *maker) known(diffID v1.Hash) v1.Layer {
	if a := m.asked[diffID]; a != nil {
		<-a.given
		return a.layer
	}
	if m.opts.Known == nil {
		return nil
	}
	return m.opts.Known(diffID)
}

// knownNow gives the answer where that is there.
func (m *maker) knownNow(diffID v1.Hash) (l v1.Layer, ok bool) {
	a := m.asked[diffID]
	if a == nil {
		return nil, m.opts.Known == nil
	}
	select {
	case <-a.given:
		return a.layer, true
	default:
		return nil, false
	}
}
