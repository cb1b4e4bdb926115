// Package placing tells where the files of a container's spec go: what is mounted
// over the image there, where its symbolic links lead, and which paths no
// container can be given a file at. It knows no engine.
package placing
