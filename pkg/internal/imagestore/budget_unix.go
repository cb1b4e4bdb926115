//go:build unix

package imagestore

import "golang.org/x/sys/unix"

// Budget is how many bytes of images a store in dir may keep unless someone says:
// a tenth of the disk, 10 GB at most.
func Budget(dir string) int64 {
	var disk unix.Statfs_t
	if unix.Statfs(dir, &disk) != nil {
		return most
	}
	return min(most, int64(disk.Blocks)*int64(disk.Bsize)/10) //nolint:unconvert // not so on every system
}
