package buildkit

import (
	"context"
	"strings"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
)

// place is an instruction in the Dockerfile.
type place struct {
	line int
	text string
}

// Solve notes where the vertices of the graph come from. Engine 20.10 says that
// a vertex failed, and not which line made it.
func (r *resolving) Solve(ctx context.Context, req gateway.SolveRequest) (*gateway.Result, error) {
	r.frontend.notePlaces(req.Definition)
	return r.Client.Solve(ctx, req)
}

func (f *frontend) notePlaces(def *pb.Definition) {
	if def == nil || def.Source == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.places == nil {
		f.places = map[digest.Digest]place{}
	}
	for vertex, at := range def.Source.Locations {
		for _, l := range at.Locations {
			if i := int(l.SourceIndex); i >= 0 && i < len(def.Source.Infos) {
				f.places[digest.Digest(vertex)] = placeOf(def.Source.Infos[i], l.Ranges)
				break
			}
		}
	}
}

// placeOf is the first line of the ranges, and its text.
func placeOf(info *pb.SourceInfo, ranges []*pb.Range) place {
	if info == nil || len(ranges) == 0 {
		return place{}
	}
	line := int(ranges[0].Start.Line)
	lines := strings.Split(string(info.Data), "\n")
	if line < 1 || line > len(lines) {
		return place{}
	}
	return place{line: line, text: strings.TrimSpace(lines[line-1])}
}

// placeOfError is where the error itself says it lies, or else the instruction
// of the vertex that failed.
func (f *frontend) placeOfError(err error, failed *vertex) place {
	if sources := errdefs.Sources(err); len(sources) > 0 {
		last := sources[len(sources)-1]
		return placeOf(last.Info, last.Ranges)
	}
	if failed == nil {
		return place{}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.places[failed.digest]
}

// has tells whether the vertex is an instruction of this build.
func (f *frontend) has(vertex digest.Digest) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, ours := f.places[vertex]
	return ours
}
