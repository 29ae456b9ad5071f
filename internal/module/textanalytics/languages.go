package textanalytics

import (
	"fmt"
	"strings"
	"sync"

	"github.com/aaaton/golem/v4"
	"github.com/aaaton/golem/v4/dicts/de"
	"github.com/aaaton/golem/v4/dicts/en"
	"github.com/aaaton/golem/v4/dicts/es"
	"github.com/aaaton/golem/v4/dicts/fr"
	"github.com/aaaton/golem/v4/dicts/it"
)

// languages are those that Preprocess Text knows.
func languages() []string {
	return []string{"English", "Spanish", "French", "Dutch", "German", "Italian"}
}

// lemmatizers loads the dictionary of a language when a text first needs it.
type lemmatizers struct {
	mu     sync.Mutex
	loaded map[string]func(word string) string
}

func newLemmatizers() *lemmatizers { return &lemmatizers{loaded: map[string]func(string) string{}} }

// of gives what makes a word its dictionary form, or nil for a language without a dictionary.
func (l *lemmatizers) of(language string) (func(word string) string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if lemma, loaded := l.loaded[language]; loaded {
		return lemma, nil
	}
	var pack golem.LanguagePack
	switch language {
	case "English":
		pack = en.New()
	case "Spanish":
		pack = es.New()
	case "French":
		pack = fr.New()
	case "German":
		pack = de.New()
	case "Italian":
		pack = it.New()
	default:
		return nil, nil
	}
	dictionary, err := golem.New(pack)
	if err != nil {
		return nil, fmt.Errorf("the dictionary of %s: %w", language, err)
	}
	l.loaded[language] = dictionary.Lemma
	return dictionary.Lemma, nil
}

// stopWords gives the words of a language that say little by themselves:
// articles, pronouns, prepositions, conjunctions and auxiliaries, without apostrophes.
func stopWords(language string) map[string]bool {
	words := map[string]bool{}
	for word := range strings.FieldsSeq(stopWordLists[language]) {
		words[word] = true
	}
	return words
}

var stopWordLists = map[string]string{
	"English": `a an the i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself she her hers herself it its itself they them their theirs themselves
		this that these those who whom whose which what where when why how am is are was were be been being have has had having do does did doing done can could may might must shall should will would
		and or but nor so yet if then else than because as until while though although of at by for with about against between into through during before after above below to from up down in out on off over under
		again further once here there all any both each few more most other some such no not only own same too very just also im ive id ill youre youve youd youll hes shes its were theyre theyve wont dont doesnt didnt cant couldnt
		isnt arent wasnt werent hasnt havent hadnt shouldnt wouldnt lets thats whos heres theres`,
	"Spanish": `el la los las un una unos unas lo al del yo tú tu tus mi mis me te se nos os le les él ella ello ellos ellas usted ustedes nosotros nosotras vosotros vosotras su sus suyo suya suyos suyas mío mía nuestro nuestra nuestros nuestras
		este esta esto estos estas ese esa eso esos esas aquel aquella aquello aquellos aquellas que qué quien quién quienes cual cuál cuales cuando cuándo donde dónde como cómo porque por para con sin sobre entre hasta desde durante contra hacia según tras de en a ante bajo
		y e o u ni pero mas sino si sí no ya muy más menos también tampoco tan tanto todo toda todos todas otro otra otros otras algo alguno alguna algunos algunas nada ninguno ninguna cada mismo misma
		ser es son soy eres somos era eran fue fueron sea sean sido estar estoy está están estaba estaban estado haber he ha han había habían hay hubo tener tengo tiene tienen tenía`,
	"French": `le la les l un une des du de d au aux ce c cet cette ces ça je j tu il elle on nous vous ils elles me m te t se s lui leur leurs eux moi toi soi mon ma mes ton ta tes son sa ses notre nos votre vos y en
		qui que qu quoi dont où quel quelle quels quelles quand comment pourquoi et ou mais donc or ni car si ne n pas plus moins très trop aussi tout toute tous toutes autre autres même mêmes quelque quelques chaque aucun aucune
		à dans par pour sans sous sur avec chez entre vers depuis pendant avant après contre comme alors puis être suis es est sommes êtes sont été étais était étaient sera seront serait soit avoir ai as a avons avez ont eu avait avaient aura auront aurait ait
		fait faire peut peuvent cela ceci celui celle ceux celles lorsque puisque afin ainsi`,
	"Dutch": `de het een der den des te ter ten ik je jij jou u hij hem zij ze haar wij we ons jullie hen hun mij me mijn jouw uw zijn onze dit dat deze die wie wat welke welk waar wanneer waarom hoe en of maar want dus noch als dan toen omdat hoewel terwijl tot
		van in op aan bij met voor door over onder tussen naar uit om na sinds zonder tegen binnen buiten langs af ook nog al niet geen wel zo zeer meer meest veel weinig alle alles ander andere anderen elk elke ieder iedere enkele sommige zelf
		ben bent is was waren geweest wezen heb hebt heeft hebben had hadden gehad kan kunnen kon konden zal zullen zou zouden moet moeten moest mag mogen mocht wil willen wilde word wordt worden werd werden geworden er hier daar iets niets iemand niemand men`,
	"German": `der die das den dem des ein eine einer eines einem einen kein keine keiner keines keinem keinen ich mich mir mein meine meiner meines meinem meinen du dich dir dein deine er ihn ihm sein seine seiner seines seinem seinen sie ihr ihre ihrer ihres ihrem ihren es wir uns unser unsere euch euer eure man sich
		dieser diese dieses diesem diesen jener jene jenes wer wen wem wessen was welche welcher welches wo wann warum wie und oder aber denn sondern doch wenn weil dass ob als obwohl während bis damit
		in im an am auf aus bei beim mit nach von vom vor zu zum zur über unter zwischen durch für gegen ohne um seit nicht nur auch noch schon sehr mehr so da dann hier dort alle alles andere anderen anderer jede jeder jedes einige manche selbst
		bin bist ist sind seid war waren warst gewesen sei wäre haben habe hast hat habt hatte hatten gehabt werden werde wirst wird wurde wurden geworden worden kann können konnte muss müssen musste soll sollen sollte will wollen wollte darf dürfen mag würde würden`,
	"Italian": `il lo la i gli le l un uno una un di a da in con su per tra fra del dello della dei degli delle al allo alla ai agli alle dal dallo dalla dai dagli dalle nel nello nella nei negli nelle sul sullo sulla sui sugli sulle col
		io tu lui lei noi voi loro mi ti si ci vi ne me te se egli ella esso essa essi mio mia miei mie tuo tua tuoi tue suo sua suoi sue nostro nostra nostri nostre vostro vostra vostri vostre questo questa questi queste quello quella quelli quelle quel quei
		che chi cui quale quali quando dove come perché e ed o ma però né se anche non più meno molto molta molti molte poco troppo tutto tutta tutti tutte altro altra altri altre ogni alcuni alcune nessuno stesso stessa così già ancora poi
		essere sono sei è siamo siete era erano stato stata stati state fu sia siano sarà avere ho hai ha abbiamo avete hanno aveva avevano avuto abbia fa fare può possono dopo prima senza contro sotto sopra verso durante`,
}
