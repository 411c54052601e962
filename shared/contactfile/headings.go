package contactfile

import (
	"slices"
	"strings"

	"convoc/shared/directory"
)

// Role is what a column holds.
type Role string

// The roles. A contact's name is the description, else the first name and the last name. Where several columns hold the
// same thing, the first that is not empty counts; addresses are two, groups are all taken, phones are put together.
const (
	RoleIgnored      Role = "ignored"
	RoleAddress      Role = "address"
	RoleCivility     Role = "civility"
	RoleName         Role = "name"
	RoleFirstName    Role = "first_name"
	RoleLastName     Role = "last_name"
	RoleFunction     Role = "function"
	RolePhone        Role = "phone"
	RoleActive       Role = "active"
	RolePaper        Role = "paper"
	RoleRank         Role = "rank"
	RoleSubstituteOf Role = "substitute_of"
	RoleGroup        Role = "group"
)

// Roles lists them for whoever chooses one.
func Roles() []Role {
	return []Role{
		RoleIgnored, RoleAddress, RoleCivility, RoleName, RoleFirstName, RoleLastName, RoleFunction, RolePhone, RoleActive,
		RolePaper, RoleRank, RoleSubstituteOf, RoleGroup,
	}
}

// Titles of the columns as they are written, by role: they are read back as such.
func Title(r Role) string { return titles[r] }

var titles = map[Role]string{
	RoleAddress: "Courriel", RoleCivility: "Civilité", RoleName: "Description", RoleFirstName: "Prénom", RoleLastName: "Nom",
	RoleFunction: "Fonction", RolePhone: "Téléphone", RoleActive: "Actif", RolePaper: "Papier", RoleRank: "Ordre du tableau",
	RoleSubstituteOf: "Suppléant de", RoleGroup: "Groupe",
}

// titled is a heading that says more than one thing: the cells decide (« Titre » is Mme, or maire).
const titled Role = "titled"

// heading is what a word, or words that stand together, say of a column. The first that is found counts.
type heading struct {
	role  Role
	words []string // folded; each of them, as words of the heading
}

// headings in the order in which they are looked for.
var headings = []heading{
	{RoleIgnored, []string{
		"type de messagerie", "type mail", "type email", "type e mail", "pseudonyme", "surnom", "nickname", "nom complet de l adresse",
		"adresse postale", "adresse domicile", "date", "naissance", "jeune fille", "deuxieme prenom", "middle", "additional name",
		"fax", "telecopie", "groupe politique", "erreur", "site", "web", "code postal", "commune", "ville", "rue", "notes", "remarques",
		"commentaire", "observations", "yomi", "anniversaire",
	}},
	{RoleSubstituteOf, []string{"suppleant de", "suppleante de", "supplee", "titulaire"}},
	{RoleIgnored, []string{"suppleant", "suppleante"}},
	{RoleGroup, []string{
		"groupe", "groupes", "group", "groups", "liste", "listes", "list", "commission", "commissions", "categorie", "categories",
		"category", "membership", "labels", "libelles", "instance", "instances", "assemblee", "assemblees",
	}},
	{RolePaper, []string{"papier", "voie postale", "mode d envoi", "mode de convocation", "convocation papier"}},
	{RoleAddress, []string{
		"mail", "mails", "email", "emails", "courriel", "courriels", "couriel", "messagerie", "adresse electronique", "adresse mel",
		"courrier electronique", "mailto", "adresses electroniques",
	}},
	{RolePhone, []string{"telephone", "telephones", "tel", "phone", "mobile", "portable", "gsm", "fixe", "tph"}},
	{RoleRank, []string{"ordre", "rang", "tableau", "rank"}},
	{RoleCivility, []string{"civilite", "civ", "politesse", "prefix", "name prefix", "salutation"}},
	{titled, []string{"titre", "title"}},
	{RoleFunction, []string{
		"fonction", "fonctions", "qualite", "mandat", "mandats", "poste", "role", "delegation", "delegations", "profession", "job",
	}},
	{RoleActive, []string{"actif", "active", "en exercice", "actif ive"}},
	{RoleName, []string{
		"nom prenom", "prenom nom", "nom et prenom", "prenom et nom", "nom et prenoms", "nom prenoms", "nom complet", "nom a afficher", "display name", "full name",
		"first last", "description", "libelle", "contact", "contacts", "intitule", "designation", "identite", "denomination", "elu", "elue", "elus",
		"membre", "membres", "destinataire", "destinataires", "conseiller", "conseillers", "personne", "raison sociale",
	}},
	{RoleFirstName, []string{"prenom", "prenoms", "first name", "firstname", "given name", "forename"}},
	{RoleLastName, []string{"nom", "noms", "last name", "lastname", "family name", "surname", "patronyme"}},
	{RoleName, []string{"name"}},
}

// exact are headings that are such only as they are.
var exact = map[string]Role{"mel": RoleAddress, "@": RoleAddress, "e mel": RoleAddress, "adresse": RoleAddress, "adresses": RoleAddress, "n": RoleIgnored, "n d ordre": RoleRank, "ot": RoleRank}

// headed says what a heading says of its column; empty when it is a word of no heading.
func headed(cell string) Role {
	if cell = strings.TrimSpace(cell); cell == "@" {
		return RoleAddress
	}
	words := directory.Words(cell)
	for len(words) > 1 && strings.Trim(words[len(words)-1], "0123456789") == "" {
		words = words[:len(words)-1]
	}
	for i, w := range words {
		words[i] = strings.TrimRight(w, "0123456789")
	}
	text := strings.Join(words, " ")
	if role, is := exact[text]; is {
		return role
	}
	if len(words) == 0 || len(words) > 8 || len(cell) > 80 {
		return ""
	}
	padded := " " + text + " "
	for _, h := range headings {
		if slices.ContainsFunc(h.words, func(w string) bool { return strings.Contains(padded, " "+w+" ") }) {
			return h.role
		}
	}
	return ""
}

// headingsOf says what the cells of a row say of their columns.
func headingsOf(r row) []Role {
	roles := make([]Role, len(r.cells))
	for i, c := range r.cells {
		roles[i] = headed(string(c[:min(len(c), MaxCell)]))
	}
	return roles
}

// header reads a row as headings; false when it is none: it holds an address, or too few words that headings have.
func header(r row) ([]Role, bool) {
	for _, c := range r.cells {
		cell := strings.TrimSpace(string(c[:min(len(c), MaxCell)]))
		if strings.Contains(cell, "@") && cell != "@" || host(cell) {
			return nil, false
		}
	}
	roles := headingsOf(r)
	known := len(roles)
	for _, role := range roles {
		if role == "" {
			known--
		}
	}
	return roles, known > 1 || slices.Contains(roles, RoleAddress)
}

// host tells a cell that ends like an address: one whose @ was forgotten is no heading.
func host(cell string) bool {
	name := strings.ToLower(strings.TrimSpace(cell))
	dot := strings.LastIndexByte(name, '.')
	return dot > 0 && slices.Contains([]string{"fr", "com", "net", "org", "eu", "re", "info", "bzh"}, name[dot+1:])
}
