package csvimport

import (
	"slices"
	"strings"

	"convoc/shared/directory"
)

// Role is what a column holds.
type Role string

// The roles. A contact's name is the first name and the last name, or the description.
const (
	RoleAddress   Role = "address"
	RoleName      Role = "name"
	RoleFirstName Role = "first_name"
	RoleLastName  Role = "last_name"
	RoleGroup     Role = "group"
	RoleIgnored   Role = "ignored"
)

// header reads a first row as headings; false when it is none: it holds an address, or no word that headings have.
func header(r row) ([]Role, bool) {
	roles := make([]Role, len(r.cells))
	address := false
	for i, c := range r.cells {
		if strings.Contains(c, "@") {
			return nil, false
		}
		roles[i] = heading(c)
		address = address || roles[i] == RoleAddress
	}
	if !address {
		return nil, false
	}
	if !slices.Contains(roles, RoleFirstName) { // « Nom » alone is the whole name
		for i, role := range roles {
			if role == RoleLastName {
				roles[i] = RoleName
			}
		}
	}
	return roles, true
}

func heading(cell string) Role {
	word := directory.Fold(strings.Trim(cell, "\"' "))
	has := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(word, p) })
	}
	switch {
	case has("mail", "courriel", "adresse elec", "mel"):
		return RoleAddress
	case has("prenom"):
		return RoleFirstName
	case has("groupe", "liste"):
		return RoleGroup
	case has("description", "libelle", "contact", "nom complet"):
		return RoleName
	case has("nom"):
		return RoleLastName
	}
	return RoleIgnored
}

// positions gives the roles of a file without headings by its first rows: the column with the most addresses, then the
// first other one is the description, all others are groups.
func positions(rows []row) []Role {
	at := make([]int, MaxColumns)
	for _, r := range rows {
		for i, c := range r.cells[:min(len(r.cells), MaxColumns)] {
			if strings.Contains(c, "@") {
				at[i]++
			}
		}
	}
	roles := make([]Role, MaxColumns)
	address := 0
	for i, n := range at {
		if n > at[address] {
			address = i
		}
	}
	named := false
	for i := range roles {
		switch {
		case i == address:
			roles[i] = RoleAddress
		case !named:
			roles[i], named = RoleName, true
		default:
			roles[i] = RoleGroup
		}
	}
	return roles
}
