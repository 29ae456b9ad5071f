#!/usr/bin/python3
"""Records in oracle.json what pandas, SciPy and scikit-learn make of oracle.csv.

Made with Debian 12's python3-pandas 1.5.3, python3-scipy 1.10.1 and
python3-sklearn 1.2.1. `make oracle` runs it again.
"""
import json
import pathlib

import numpy as np
import pandas as pd
import scipy.signal
import scipy.special
import scipy.stats
import sklearn.decomposition
import sklearn.discriminant_analysis
import sklearn.feature_selection
import sklearn.metrics
import sklearn.preprocessing

here = pathlib.Path(__file__).parent


def data():
    r = np.random.RandomState(7)
    n = 101
    frame = pd.DataFrame({
        "normal": r.normal(10, 3, n).round(6),
        "skewed": r.lognormal(0, 1, n).round(6),
        "whole": r.randint(0, 12, n),
        "constant": np.full(n, 4.25),
        "tiny": r.normal(1e9, 1e-3, n).round(6),
    })
    frame["related"] = (2 * frame.normal - frame.whole + r.normal(0, 1, n)).round(6)
    frame["gaps"] = frame.skewed.where(r.uniform(size=n) > 0.2)
    frame["kind"] = np.where(frame.related + r.normal(0, 4, n) > 16, "high", np.where(frame.skewed + r.normal(0, 0.7, n) > 1.3, "middle", "low"))
    frame["shade"] = np.where(r.uniform(size=n) < 0.6, frame.kind.str[0], r.choice(list("hmlx"), n))
    return frame


def clean(values):
    return [None if v is None or np.isnan(v) or np.isinf(v) else float(v) for v in np.asarray(values, dtype=float)]


def summary(c):
    v = c.dropna().astype(float)
    return {
        "Count": len(v), "Unique Value Count": v.nunique(), "Missing Value Count": c.isna().sum(), "Min": v.min(), "Max": v.max(), "Mean": v.mean(),
        "Mean Deviation": (v - v.mean()).abs().mean(), "1st Quartile": v.quantile(.25), "Median": v.median(), "3rd Quartile": v.quantile(.75),
        "Mode": v.mode().iloc[0], "Range": v.max() - v.min(), "Sample Variance": v.var(), "Sample Standard Deviation": v.std(),
        "Sample Skewness": v.skew(), "Sample Kurtosis": v.kurt(), "P0.5": v.quantile(.005), "P1": v.quantile(.01), "P5": v.quantile(.05),
        "P95": v.quantile(.95), "P99": v.quantile(.99), "P99.5": v.quantile(.995),
    }


def elementary(c):
    v = c.dropna().astype(float)
    return {
        "Deviation Squares": ((v - v.mean()) ** 2).sum(), "Geometric Mean": scipy.stats.gmean(v) if (v >= 0).all() else None,
        "Harmonic Mean": scipy.stats.hmean(v) if (v > 0).all() else None, "Interquartile Range": scipy.stats.iqr(v),
        "Kth Central Moment": scipy.stats.moment(v, 3), "Median Deviation": scipy.stats.median_abs_deviation(v),
        "Population Standard Deviation": v.std(ddof=0), "Population Variance": v.var(ddof=0), "Product": v.prod(), "Sum": v.sum(),
    }


def normalized(frame):
    out = {}
    for name in ["normal", "skewed", "whole", "tiny"]:
        v = frame[[name]].astype(float)
        positive = np.log(v[name][v[name] > 0])
        out[name] = {
            "ZScore": clean(sklearn.preprocessing.StandardScaler().fit_transform(v).ravel()),
            "MinMax": clean(sklearn.preprocessing.MinMaxScaler().fit_transform(v).ravel()),
            "Logistic": clean(scipy.special.expit(v[name])),
            "LogNormal": clean(scipy.stats.lognorm.cdf(v[name], positive.std(ddof=0), scale=np.exp(positive.mean()))),
            "Tanh": clean(np.tanh(v[name])),
        }
    del out["tiny"]["LogNormal"]  # logarithms of these differ in their last digits only
    return out


def binned(frame):
    out = {}
    for name in ["normal", "skewed", "tiny"]:
        out[name] = {
            "Quantiles": clean(pd.qcut(frame[name], 7, labels=False) + 1),
            "Equal Width": clean(np.digitize(frame[name], np.linspace(frame[name].min(), frame[name].max(), 8)[1:-1], right=True) + 1),
        }
    return out


def components(frame):
    v = frame[["normal", "skewed", "whole", "related"]].astype(float)
    pca = sklearn.decomposition.PCA(3).fit(v)
    sign = np.sign(pca.components_[np.arange(3), np.abs(pca.components_).argmax(axis=1)])
    return [clean(c) for c in (pca.transform(v) * sign).T]


def functions():
    x = np.array([-2.5, -1, -0.3, 0, 0.2, 0.5, 1, 1.5, 3, 10])
    y = np.array([2, 0.5, 1.5, 3, 0.1, 2.5, 4, 1, 2, 0.7])
    f = {
        "Abs": np.abs(x), "Exp": np.exp(x), "ExpMinus1": np.expm1(x), "Cuberoot": np.cbrt(x), "Square": x ** 2, "Atan2": np.arctan2(x, y), "Hypotenuse": np.hypot(x, y),
        "Erf": scipy.special.erf(x), "Erfc": scipy.special.erfc(x), "ErfcScaled": scipy.special.erfcx(x), "Gamma": [scipy.special.gamma(v) if v > 0 or v != int(v) else None for v in x],
        "Sin": np.sin(x), "CosDegrees": np.cos(np.radians(x)), "Tanh": np.tanh(x), "Asinh": np.arcsinh(x), "Sinc": np.sinc(x), "Sech": 1 / np.cosh(x), "Atan": np.arctan(x),
        "DegreesToRadians": np.radians(x), "RadiansToDegrees": np.degrees(x),
    }
    positive = np.abs(x) + 0.1
    g = {
        "Ln": np.log(positive), "Log10": np.log10(positive), "Log2": np.log2(positive), "LnPlus1": np.log1p(positive), "Sqrt": np.sqrt(positive), "SqrtPi": np.sqrt(np.pi * positive),
        "Log": np.log(positive) / np.log(y + 1.1), "Pow": positive ** y, "NthRoot": positive ** (1 / y), "GammaLn": scipy.special.gammaln(positive), "Beta": scipy.special.beta(positive, y),
        "BetaLn": scipy.special.betaln(positive, y), "GammaRegularizedP": scipy.special.gammainc(positive, y), "GammaRegularizedQ": scipy.special.gammaincc(positive, y),
        "Polygamma": scipy.special.digamma(positive), "Acosh": np.arccosh(positive), "Csch": 1 / np.sinh(positive), "Coth": 1 / np.tanh(positive), "Acot": np.arctan(1 / positive),
        "EllipticIntegralK": scipy.special.ellipk(positive / 11), "EllipticIntegralE": scipy.special.ellipe(positive / 11),
    }
    return {"x": clean(x), "y": clean(y), "of x": {k: clean([np.nan if w is None else w for w in v]) for k, v in f.items()},
            "positive": clean(positive), "of positive": {k: clean(v) for k, v in g.items()}}


def tests(frame):
    a, b = frame.normal, frame.related
    out = {}
    for tail in ["two-sided", "greater", "less"]:
        out[tail] = {
            "single": clean(scipy.stats.ttest_1samp(a, 10.5, alternative=tail)), "paired": clean(scipy.stats.ttest_rel(a, b, alternative=tail)),
            "equal": clean(scipy.stats.ttest_ind(a, b, alternative=tail)), "unequal": clean(scipy.stats.ttest_ind(a, b, equal_var=False, alternative=tail)),
        }
    return out


def filters(frame):
    x = frame.normal.to_numpy()
    return {
        "fir lowpass hamming": clean(scipy.signal.lfilter(scipy.signal.firwin(6, 0.3, window="hamming"), 1, x)),
        "fir highpass hann": clean(scipy.signal.lfilter(scipy.signal.firwin(7, 0.7, window="hann", pass_zero=False), 1, x)),
        "fir bandpass blackman": clean(scipy.signal.lfilter(scipy.signal.firwin(9, [0.3, 0.7], window="blackman", pass_zero=False), 1, x)),
        "iir butterworth": clean(scipy.signal.lfilter(*scipy.signal.butter(4, 0.3), x)),
        "iir chebyshev": clean(scipy.signal.lfilter(*scipy.signal.cheby1(4, 0.5, 0.4), x)),
        "iir highpass": clean(scipy.signal.lfilter(*scipy.signal.butter(5, 0.7, "highpass"), x)),
        "iir bandpass": clean(scipy.signal.lfilter(*scipy.signal.butter(4, [0.3, 0.7], "bandpass"), x)),
        "iir type 2": clean(scipy.signal.lfilter(*scipy.signal.cheby2(5, 20, 0.3), x)),
        "iir type 2 even": clean(scipy.signal.lfilter(*scipy.signal.cheby2(4, 30, 0.4), x)),
        "iir type 2 highpass": clean(scipy.signal.lfilter(*scipy.signal.cheby2(5, 20, 0.7, "highpass"), x)),
        "iir type 2 bandpass": clean(scipy.signal.lfilter(*scipy.signal.cheby2(4, 20, [0.3, 0.7], "bandpass"), x)),
        "iir type 2 bandstop": clean(scipy.signal.lfilter(*scipy.signal.cheby2(5, 20, [0.3, 0.7], "bandstop"), x)),
        "iir bandstop": clean(scipy.signal.lfilter(*scipy.signal.cheby1(5, 0.5, [0.3, 0.7], "bandstop"), x)),
        "user": clean(scipy.signal.lfilter([1, 0.5], [1, -0.25], x)),
    }


def scores(frame):
    """Pearson, Spearman and Kendall of columns with a column of numbers and with classes; the others from tables of counts."""
    out = {}
    classes = frame["kind"]
    for name in ["normal", "skewed", "whole", "related", "gaps"]:
        known = frame[name].notna()
        x, y, k = frame[name][known], frame["related"][known], classes[known]
        means = x.groupby(k).transform("mean")
        f = sklearn.feature_selection.f_classif(x.to_frame(), k)[0][0]
        groups = k.nunique()
        out[name] = {
            "Pearson Correlation": [abs(scipy.stats.pearsonr(x, y)[0]), abs(scipy.stats.pearsonr(x, means)[0])],
            "Spearman Correlation": [abs(scipy.stats.spearmanr(x, y)[0]), abs(scipy.stats.spearmanr(x, means)[0])],
            "Kendall Correlation": [abs(scipy.stats.kendalltau(x, y)[0]), abs(scipy.stats.kendalltau(x, means)[0])],
            "Fisher Score": [None, f * (groups - 1) / (len(x) - groups)],
            "Chi Squared": [None, scipy.stats.chi2_contingency(pd.crosstab(tenths(x), k), correction=False)[0]],
            "Mutual Information": [None, sklearn.metrics.normalized_mutual_info_score(tenths(x), k, average_method="max")],
        }
    x = frame["shade"]
    out["shade"] = {
        "Chi Squared": [None, scipy.stats.chi2_contingency(pd.crosstab(x, classes), correction=False)[0]],
        "Mutual Information": [None, sklearn.metrics.normalized_mutual_info_score(x, classes, average_method="max")],
    }
    return out


def tenths(x):
    return np.digitize(x, np.linspace(x.min(), x.max(), 11)[1:-1], right=True) if x.nunique() > 10 else x


def discriminants(frame):
    x = frame[["normal", "skewed", "whole", "related"]].to_numpy(float)
    lda = sklearn.discriminant_analysis.LinearDiscriminantAnalysis(solver="eigen").fit(x, frame["kind"])
    v = lda.scalings_[:, :2]
    sign = np.sign(v[np.abs(v).argmax(axis=0), np.arange(2)])
    return [clean(c) for c in (x @ v * sign).T]


def probabilities():
    """Each distribution at some values and probabilities, with the parameters of the module."""
    s = scipy.stats
    x = [-3, -1.25, -0.5, 0, 0.2, 0.5, 0.75, 1, 2, 2.5, 4, 7, 20]
    p = [0, 1e-6, 0.02, 0.3, 0.5, 0.81, 0.975, 0.999999]
    shaped = {
        "Bernoulli": (s.bernoulli(0.3), {"Probability of success": 0.3}),
        "Beta": (s.beta(2.5, 0.7, loc=-1, scale=4), {"Shape": 2.5, "Scale": 0.7, "Lower bound": -1, "Upper bound": 3}),
        "Binomial": (s.binom(7, 0.35), {"Probability of success": 0.35, "Number of trials": 7}),
        "Cauchy": (s.cauchy(0.5, 2), {"Location": 0.5, "Scale": 2}),
        "ChiSquare": (s.chi2(3.5), {"Number of degrees of freedom": 3.5}),
        "Exponential": (s.expon(scale=1 / 0.4), {"Lambda": 0.4}),
        "FFisher": (s.f(3, 6), {}),
        "Gamma": (s.gamma(2.2, loc=-0.5, scale=1.5), {"Shape": 2.2, "Location": -0.5, "Scale": 1.5}),
        "GeneralizedExtremeValues": (s.genextreme(-0.3, 0.4, 1.2), {"Shape": 0.3, "Location": 0.4, "Scale": 1.2}),
        "Geometric": (s.geom(0.3), {"Probability of success": 0.3}),
        "GumbelMax": (s.gumbel_r(0.4, 1.2), {"Location": 0.4, "Scale": 1.2}),
        "GumbelMin": (s.gumbel_l(0.4, 1.2), {"Location": 0.4, "Scale": 1.2}),
        "Hypergeometric": (s.hypergeom(52, 24, 9), {}),
        "Laplace": (s.laplace(0.4, 1.2), {"Location": 0.4, "Scale": 1.2}),
        "Logistic": (s.logistic(0.4, 1.2), {"Mean": 0.4, "Scale": 1.2}),
        "Lognormal": (s.lognorm(0.6, scale=np.exp(0.4)), {"Mean": 0.4, "Standard deviation": 0.6}),
        "NegativeBinomial": (s.nbinom(4, 0.45), {"Number of success": 4, "Probability of success": 0.45}),
        "Normal": (s.norm(0.4, 1.2), {"Mean": 0.4, "Standard deviation": 1.2}),
        "Pareto": (s.pareto(1.7, scale=0.4), {"Shape": 1.7, "Scale": 0.4}),
        "Poisson": (s.poisson(2.6), {"Mean": 2.6}),
        "Rayleigh": (s.rayleigh(-0.5, 1.0), {"Lower bound": -0.5}),
        "StandardNormal": (s.norm(), {}),
        "TStudent": (s.t(2.5), {"Number of degrees of freedom": 2.5}),
        "Uniform": (s.uniform(-1, 3.5), {"Lower bound": -1, "Upper bound": 2.5}),
        "Weibull": (s.weibull_min(1.6, scale=2.2), {"Shape": 1.6, "Scale": 2.2}),
    }
    out = {}
    for name, (d, parameters) in shaped.items():
        density = d.pdf(x) if hasattr(d.dist, "pdf") else d.pmf(x)
        inverse = [v if q > 0 or not hasattr(d.dist, "pmf") else max(v, d.support()[0]) for q, v in zip(p, d.ppf(p))]
        out[name] = {"parameters": parameters, "Cdf": clean(d.cdf(np.floor(x) if hasattr(d.dist, "pmf") else x)), "Pdf": clean(density), "InverseCdf": clean(inverse)}
    for name, of, tails in [("ChiSquareRightTailed", "ChiSquare", 1), ("FFisherRightTailed", "FFisher", 1), ("TStudentRightTailed", "TStudent", 1), ("TStudentTwoTailed", "TStudent", 2)]:
        d, parameters = shaped[of]
        out[name] = {"parameters": parameters, "Cdf": clean(d.sf(np.abs(x) if tails == 2 else x) * tails), "Pdf": out[of]["Pdf"],
                     "InverseCdf": clean(d.isf(np.array(p) / tails))}
    return {"x": x, "p": p, "of": out}


def main():
    frame = data()
    numbers = list(frame.select_dtypes("number"))
    frame.to_csv(here / "oracle.csv", index=False)
    recorded = {
        "summary": {c: dict(zip(summary(frame[c]), clean(list(summary(frame[c]).values())))) for c in numbers},
        "elementary": {c: dict(zip(elementary(frame[c]), clean([np.nan if v is None else v for v in elementary(frame[c]).values()]))) for c in numbers},
        "correlation": {c: clean(frame[numbers].corr()[c]) for c in numbers},
        "normalized": normalized(frame), "binned": binned(frame), "components": components(frame), "functions": functions(), "t": tests(frame), "filters": filters(frame),
        "scores": scores(frame), "discriminants": discriminants(frame), "probabilities": probabilities(),
    }
    (here / "oracle.json").write_text(json.dumps(recorded, indent=1) + "\n")


main()
