package web

import (
	"convoc/shared/errs"
	"convoc/shared/ident"
)

// pathID reads an identifier from the path; a malformed one is like an unknown one. Errors: errs.ErrNotFound.
func pathID[ID ~string](c call, name, prefix string) (ID, error) {
	v := c.PathValue(name)
	if !ident.Valid(prefix, v) {
		return "", errs.ErrNotFound
	}
	return ID(v), nil
}

// checkIDs reads identifiers from a body. Errors: errs.ErrNotFound.
func checkIDs[ID ~string](raw []string, prefix string) ([]ID, error) {
	ids := make([]ID, len(raw))
	for i, v := range raw {
		if !ident.Valid(prefix, v) {
			return nil, errs.ErrNotFound
		}
		ids[i] = ID(v)
	}
	return ids, nil
}
