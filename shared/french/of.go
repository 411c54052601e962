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
	if r, _ := utf8.DecodeRuneInString(name); strings.ContainsRune(vowels+"y", unicode.ToLower(r)) {
		return "d’" + name
	}
	return "de " + name
}

const vowels = "aàâeéèêëiîïoôœuùû"

// From is the « de » that a person's name takes: « d’ » of Anne and Yves, « de » of Yann. An h may be mute or not: « de »
// is never wrong enough to mislead.
func From(name string) string {
	name = strings.ToLower(name)
	first, size := utf8.DecodeRuneInString(name)
	second, _ := utf8.DecodeRuneInString(name[size:])
	if strings.ContainsRune(vowels, first) || (first == 'y' && unicode.IsLetter(second) && !strings.ContainsRune(vowels, second)) {
		return "d’"
	}
	return "de "
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
