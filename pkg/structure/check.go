package structure

import (
	"context"
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/pkg/fault"
)

// Check tests the image and gives a result per test: existence, content,
// metadata, commands, each kind in the order of the file. The image is read as
// far as the tests need it; runner may be nil when file.RunsCommands is false.
// A test that fails is a result. An error says that there is no verdict: the
// image could not be read (a fault of the Infrastructure side unless it carries
// another), the runner failed, or ctx ended.
func Check(ctx context.Context, file File, image v1.Image, runner Runner) ([]Result, error) {
	if file.RunsCommands() && runner == nil {
		return nil, fault.New(fault.Usage, "", "%s: commandTests need an engine that runs containers", file.Name)
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, unreadable(ctx, file, fmt.Errorf("read the image's config: %w", err))
	}
	own := processEnvironment(&config.Config)
	files, err := checkFiles(ctx, file, image, own.with(file.Env))
	if err != nil {
		return nil, unreadable(ctx, file, err)
	}
	metadata := checkMetadata(file.Metadata, &config.Config)
	commands, err := checkCommands(ctx, file, own, runner)
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
