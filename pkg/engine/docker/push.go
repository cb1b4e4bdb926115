package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/docker/docker/api/types/image"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/progress"
)

// Push has the daemon send the image, with the credentials that the docker
// config here has for the registry. It needs the image to have the name: one
// that it has not is lent to it for that time.
func (e *Engine) Push(ctx context.Context, id, ref string, opts engine.PushOptions) (digest string, err error) {
	auth, err := registryAuth(ref)
	if err != nil {
		return "", err
	}
	giveBack, err := e.lendName(ctx, id, ref)
	if err != nil {
		return "", err
	}
	defer func() {
		if kept := giveBack(); kept != nil { // the push is what it is
			progress.Or(opts.Progress).Emit(progress.Event{Kind: progress.Warning, Stage: "push", Subject: opts.Subject, Text: "the image keeps the name " + ref + ": " + kept.Error()})
		}
	}()
	stream, err := e.api.ImagePush(ctx, ref, image.PushOptions{RegistryAuth: auth})
	if err != nil {
		return "", fault.Wrap(fault.Infrastructure, e.explain(ctx, "push "+ref, err), "")
	}
	defer func() { _ = stream.Close() }()
	digest, err = followPush(e.explained(ctx, "push "+ref, stream), func(layer string, current, total int64) {
		progress.Or(opts.Progress).Emit(progress.Event{
			Kind: progress.Bytes, Stage: "push", Subject: opts.Subject, Task: "push by the engine", Text: layer, Current: current, Total: total,
		})
	})
	if err != nil {
		err = fault.Wrap(fault.Infrastructure, fmt.Errorf("docker at %s: push %s: %w", e.address, ref, err), "")
	}
	return digest, err
}

// pushMessage is a line of the daemon's push stream.
type pushMessage struct {
	ID             string `json:"id"`
	Error          string `json:"error"`
	ProgressDetail struct{ Current, Total int64 }
	Aux            struct{ Digest string }
}

// followPush reads the daemon's progress to its end. The last thing it tells of
// a push that went well is the digest.
func followPush(stream io.Reader, moved func(layer string, current, total int64)) (digest string, err error) {
	dec := json.NewDecoder(stream)
	for {
		var m pushMessage
		err := dec.Decode(&m)
		switch {
		case errors.Is(err, io.EOF) && digest == "":
			return "", errors.New("the daemon told no digest")
		case errors.Is(err, io.EOF):
			return digest, nil
		case err != nil:
			return "", err
		case m.Error != "":
			return "", errors.New(m.Error)
		}
		if m.Aux.Digest != "" {
			digest = m.Aux.Digest
		}
		if m.ProgressDetail.Current > 0 {
			moved(m.ID, m.ProgressDetail.Current, m.ProgressDetail.Total)
		}
	}
}
