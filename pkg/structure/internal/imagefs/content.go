package imagefs

import (
	"archive/tar"
	"context"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// reader reads layers into a tree and keeps what contents are wanted.
type reader struct {
	tree   *tree
	layers []v1.Layer
	limit  int64
	wanted map[string]bool // clean paths whose content is kept when it comes along
	kept   map[int32]content
}

// content is a file's, or why there is none.
type content struct {
	data []byte
	err  error
	link string // the entry of the same layer that has it
}

// keep reads the content of an entry that is wanted. Of a symbolic link the
// target becomes wanted: when it comes later, or in a layer below, the layer
// need not be read twice.
func (r *reader) keep(at int32, name string, h *tar.Header, body io.Reader) error {
	delete(r.kept, at) // of an earlier entry in the same layer
	if !r.wanted[name] {
		return nil
	}
	switch h.Typeflag {
	case tar.TypeSymlink:
		target := h.Linkname
		if !path.IsAbs(target) {
			target = path.Join(path.Dir(name), target)
		}
		r.wanted[clean(target)] = true
		return nil
	case tar.TypeLink:
		return nil
	}
	c, err := r.read(body)
	r.kept[at] = c
	return err
}

func (r *reader) read(body io.Reader) (content, error) {
	data, err := io.ReadAll(io.LimitReader(body, r.limit+1))
	if int64(len(data)) > r.limit {
		return content{err: ErrTooLarge}, err
	}
	return content{data: data}, err
}

// source is an entry of a layer that has content.
type source struct {
	layer int32
	name  string
}

// answer resolves the questions. Contents that had passed before anyone knew
// that a link leads to them are fetched by reading their layer again.
func (r *reader) answer(ctx context.Context, questions []Question, unread int32) ([]Answer, error) {
	answers := make([]Answer, len(questions))
	missing := map[int]source{}
	for i, q := range questions {
		at, err := r.tree.resolve(q.Path, q.Follow || q.Content, unread)
		if err != nil {
			answers[i].Err = err
			continue
		}
		n := r.tree.nodes[at.at]
		answers[i].Info = n.info(at.path)
		switch c, ok := r.kept[at.at]; {
		case !q.Content:
		case !n.mode.IsRegular():
			answers[i].Err = ErrNotRegular
		case ok:
			answers[i].Content, answers[i].Err = c.data, c.err
		case n.hard:
			missing[i] = source{n.layer, n.link}
		default:
			missing[i] = source{n.layer, at.path}
		}
	}
	return answers, r.complete(ctx, answers, missing)
}

func (n node) info(name string) Info {
	i := Info{Path: "/" + name, Mode: n.mode, UID: n.uid, GID: n.gid}
	if n.state != present {
		i.Mode = impliedMode
	}
	if i.Mode&fs.ModeSymlink != 0 {
		i.Link = n.link
	}
	return i
}

// complete fetches contents until none is missing. A hard link may lead to
// another one, so it may take more than one round.
func (r *reader) complete(ctx context.Context, answers []Answer, missing map[int]source) error {
	for range maxLinks {
		if len(missing) == 0 {
			return nil
		}
		got, err := r.fetch(ctx, slices.Collect(maps.Values(missing)))
		if err != nil {
			return err
		}
		for i, from := range missing {
			c, ok := got[from]
			if ok && c.link != "" {
				missing[i] = source{from.layer, c.link}
				continue
			}
			delete(missing, i)
			answers[i].Content, answers[i].Err = c.data, c.err
			if !ok {
				answers[i].Err = ErrBrokenLink
			}
		}
	}
	for i := range missing {
		answers[i].Err = ErrLoop
	}
	return nil
}

// fetch reads contents from their layers, each layer once.
func (r *reader) fetch(ctx context.Context, sources []source) (map[source]content, error) {
	byLayer := map[int32]map[string]bool{}
	for _, s := range sources {
		if byLayer[s.layer] == nil {
			byLayer[s.layer] = map[string]bool{}
		}
		byLayer[s.layer][s.name] = true
	}
	got := map[source]content{}
	for layer, names := range byLayer {
		err := entries(ctx, r.layers[layer], func(name string, h *tar.Header, body io.Reader) (err error) {
			if !names[name] {
				return nil
			}
			c := content{link: clean(h.Linkname)}
			if h.Typeflag != tar.TypeLink {
				c, err = r.read(body)
			}
			got[source{layer, name}] = c
			return err
		})
		if err != nil {
			return nil, r.explain(err, int(layer))
		}
	}
	return got, nil
}
