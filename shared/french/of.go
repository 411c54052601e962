package french

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Of puts « de » before the name of a collectivité: « de la commune de Saint-Aubin », « du syndicat des eaux »,
// « d’Évreux », « du Havre ». A first word that is not known takes « de » or « d’ ».
func Of(name string) string {
	name = strings.TrimSpace(name)
	first, rest, _ := strings.Cut(name, " ")
	switch strings.ToLower(first) {
	case "le":
		return "du " + rest
	case "les":
		return "des " + rest
	}
	if article := article(strings.ToLower(first)); article != "" {
		return article + common(first) + strings.TrimPrefix(name, first)
	}
	if r, _ := utf8.DecodeRuneInString(name); strings.ContainsRune("aàâeéèêëiîïoôœuùûy", unicode.ToLower(r)) {
		return "d’" + name
	}
	return "de " + name
}

// article is what stands before a common noun that begins names of collectivités; empty when the word is none.
func article(word string) string {
	switch word {
	case "commune", "mairie", "ville", "communauté", "métropole", "région", "régie", "collectivité", "caisse":
		return "de la "
	case "département", "syndicat", "conseil", "centre", "ccas", "cias", "sivom", "sivu", "sdis", "pays", "pôle", "parc":
		return "du "
	case "agglomération", "association", "établissement", "eurométropole", "office", "agence", "epci":
		return "de l’"
	default:
		return ""
	}
}

// common writes « Commune » as « commune », and leaves « CCAS » and « COMMUNE » as they are.
func common(word string) string {
	r, size := utf8.DecodeRuneInString(word)
	if word[size:] != strings.ToLower(word[size:]) {
		return word
	}
	return string(unicode.ToLower(r)) + word[size:]
}
