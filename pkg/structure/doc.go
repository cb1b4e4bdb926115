// Package structure checks what an image is made of: files and their contents,
// its configuration, and what commands in it print. The checks are written in
// the file format of container-structure-test, schemaVersion 2.0.0
// (https://github.com/GoogleContainerTools/container-structure-test), in YAML
// or JSON, so that files a team has already go on to work.
//
// File and metadata checks read the image's layers and its config, or ask an
// engine that has unpacked it; no container is started for them. Each command
// test runs in one container of its own.
//
// Where the format leaves room, or where following its first implementation
// would let a check pass that checked nothing, this is what happens here:
//
//   - Unknown keys, and regular expressions that do not compile, are errors of
//     the file, in JSON too. licenseTests are refused. metadataTest takes env
//     and unboundEnv, as it did before envVars and unboundEnvVars.
//   - $NAME and ${NAME} in paths, commands and values stand for the variables of
//     the image, of globalEnvVars and of the test. Names that none of them sets
//     are left to the command, so that `awk '{print $1}'` means what it says.
//   - A path's last element is not followed when it is a symbolic link, except
//     for content and isExecutableBy. permissions may be written as ls prints
//     them (-rwsr-xr-x) or as Go does (urwxr-xr-x).
//   - metadataTest sees the image's config alone, without globalEnvVars.
//   - setup, the command and teardown run in one container, one after the other,
//     which takes a /bin/sh in the image; a test without setup and teardown takes
//     none. A setup that fails fails the test. A teardown that fails is a warning.
//   - Of containerRunOptions, user, privileged, capabilities, drop_capabilities
//     and network "none" are honoured. What would let the machine into the
//     container is refused: bindMounts, envFile, envVars, other networks.
package structure
