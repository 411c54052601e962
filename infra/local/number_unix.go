//go:build unix

package main

import (
	"io/fs"
	"syscall"
)

// fileNumber tells a file of a disk from all others: a copy has another number.
func fileNumber(i fs.FileInfo) uint64 {
	if s, ok := i.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Ino)
	}
	return 0
}
