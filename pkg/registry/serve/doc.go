// Package serve is the embedded registry: an OCI distribution registry in this
// process, over one directory, for pipelines on a laptop, for tests and for
// machines that reach no other registry.
//
// # Why distribution
//
// The API and the storage are those of github.com/distribution/distribution/v3,
// the code behind Docker's own registry image, with its filesystem driver.
// go-containerregistry's pkg/registry would be the smaller dependency, but as of
// v0.22.1 it is made for tests:
//
//   - manifests and tags are a map in memory (only blobs can go to disk), so
//     nothing that was pushed could be pulled after a restart;
//   - an upload is held in memory until its end, a whole layer at once, and one
//     lock is held while its bytes arrive, so that uploads queue;
//   - the state of an upload cannot be asked for, so none can go on where it
//     stopped, and blobs are never mounted;
//   - a list of tags ends at the page's size without a link to the next page;
//   - an image is accepted when its layers are not there.
//
// distribution does all of these, and a crash leaves whole files: it writes
// beside the file, syncs, and renames. The price is a larger binary.
//
// # What is added here
//
// distribution v3.1 has no referrers API. Clients that miss it fall back to an
// index under the tag sha256-<hex>, which they read, change and write, so that
// two of them at once lose an entry, and which then stands among the tags of
// the repository. The handler therefore answers GET /v2/<name>/referrers/<digest>
// itself: for every manifest with a subject that distribution has accepted, one
// small file is written, and a listing is a listing of that directory. The
// answer to the PUT carries OCI-Subject, which tells clients to leave the
// fallback tag alone (distribution-spec v1.1, "Pushing Manifests with Subject").
//
// Unfinished uploads are removed after a week. distribution's own purger is off
// since it writes to the process's standard error, which is not ours to use.
// The key that signs upload locations is kept in the directory, so that an
// upload survives a restart of the registry too.
//
// Metrics, tracing, notifications and health checks of distribution stay off.
// There is no authentication: the registry is made for the loopback interface.
package serve
