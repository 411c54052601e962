package main

import (
	"errors"
	"io/fs"
	"net"
	"syscall"
)

// systemWords are what an operator reads of what the system refuses.
var systemWords = []struct {
	is    error
	words string
}{
	{fs.ErrPermission, "accès refusé"},
	{syscall.EROFS, "le disque est en lecture seule"},
	{syscall.ENOSPC, "le disque est plein"},
	{syscall.EDQUOT, "le quota du disque est atteint"},
	{syscall.ENOTDIR, "une partie de ce chemin est un fichier, pas un répertoire"},
	{syscall.EISDIR, "c'est un répertoire, pas un fichier"},
	{fs.ErrNotExist, "ce chemin n'existe pas et ne peut pas être créé"},
	{syscall.EADDRINUSE, "déjà prise par un autre programme ; choisissez-en une autre avec -addr ou -files-addr"},
	{syscall.EADDRNOTAVAIL, "ce n'est pas une adresse de cette machine"},
}

// inWords says in French why the system refused something; otherwise is what is said of anything else.
func inWords(err error, otherwise string) string {
	for _, known := range systemWords {
		if errors.Is(err, known.is) {
			return known.words
		}
	}
	var name *net.DNSError
	if errors.As(err, &name) {
		return "ce nom est inconnu"
	}
	if otherwise == "" {
		return err.Error()
	}
	return otherwise
}
