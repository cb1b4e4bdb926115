// Package state keeps the embedded engine's state directory in order, which the
// processes of one machine share:
//
//	format         version of this layout
//	slots/N/       the state of one BuildKit, which one process has open at a time
//	slots/N/lock   held (flock(2)) by that process, which says in it who it is
//	slots/N/open   boot ID of the machine while a process has the slot open: where
//	               it is found there, that process did not end as it should
//	slots/N/size   bytes that the slot's caches took when it was closed
//	images/        a file for each name of an image, which all slots read: what was
//	               last built or pulled under it
//
// A second BuildKit on the same files would wait for ever, so the lock comes first.
package state
