package structure

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/structure/internal/imagefs"
)

// Check tests the image and gives a result per test: existence, content,
// metadata, commands, each kind in the order of the file. The image is read as
// far as the tests need it; runner may be nil when file.RunsCommands is false.
// A test that fails is a result. An error says that there is no verdict: the
// image could not be read (a fault of the Infrastructure side unless it carries
// another), the runner failed, or ctx ended.
func Check(ctx context.Context, file File, image v1.Image, runner Runner) ([]Result, error) {
	if err := runnable(file, runner); err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, unreadable(ctx, file, fmt.Errorf("read the image's config: %w", err))
	}
	content := content{config: config.Config}
	if file.ReadsLayers() {
		content.answers, err = imagefs.Lookup(ctx, image, file.questions(&content.config), maxContent)
	}
	if err != nil {
		return nil, unreadable(ctx, file, err)
	}
	return content.check(ctx, file, runner)
}

// CheckHeld is Check of an image that an engine holds, by its ID, where the
// engine has unpacked it: what it takes does not grow with the image. An error
// that is engine.ErrUnsupported comes before any command is run; Check of the
// exported image gives the verdict then.
func CheckHeld(ctx context.Context, file File, held engine.Looker, id string, runner Runner) ([]Result, error) {
	if err := runnable(file, runner); err != nil {
		return nil, err
	}
	var content content
	err := held.Look(ctx, id, func(ctx context.Context, image engine.Unpacked) error {
		var config v1.ConfigFile
		if err := json.Unmarshal(image.Config(), &config); err != nil {
			return fmt.Errorf("read the image's config: %w", err)
		}
		content.config = config.Config
		var err error
		if file.ReadsLayers() {
			content.answers, err = imagefs.Ask(ctx, image, file.questions(&content.config), maxContent)
		}
		return err
	})
	if err != nil {
		return nil, unreadable(ctx, file, err)
	}
	return content.check(ctx, file, runner)
}

func runnable(file File, runner Runner) error {
	if file.RunsCommands() && runner == nil {
		return fault.New(fault.Usage, "", "%s: commandTests need an engine that runs containers", file.Name)
	}
	return nil
}

// content is what was read of an image.
type content struct {
	config  v1.Config
	answers []imagefs.Answer // to the file's questions
}

// check holds what was read against the tests, and runs the commands.
func (c *content) check(ctx context.Context, file File, runner Runner) ([]Result, error) {
	files := checkFiles(file, file.questions(&c.config), c.answers)
	metadata := checkMetadata(file.Metadata, &c.config)
	commands, err := checkCommands(ctx, file, processEnvironment(&c.config), runner)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file.Name, err)
	}
	return slices.Concat(files, metadata, commands), nil
}

// unreadable puts what hinders reading an image on a side.
func unreadable(ctx context.Context, file File, err error) error {
	err = fmt.Errorf("%s: %w", file.Name, err)
	if ctx.Err() != nil {
		return err // it was the caller who ended it
	}
	return fault.Wrap(fault.Infrastructure, err, "")
}
