import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.server.engines.subgraph import Graph


def model() -> bytes:
    """y = |x| * w, z = y + v, from the bytes that the onnx package writes."""
    helper = pytest.importorskip("onnx.helper")
    numpy_helper = pytest.importorskip("onnx.numpy_helper")
    floats = 1
    tensors = {name: helper.make_tensor_value_info(name, floats, ["n"]) for name in "xyz"}
    graph = helper.make_graph(
        [
            helper.make_node("Abs", ["x"], ["a"]),
            helper.make_node("Mul", ["a", "w"], ["y"]),
            helper.make_node("Add", ["y", "v"], ["z"]),
        ],
        "whole",
        [tensors["x"]],
        [tensors["z"]],
        [numpy_helper.from_array(np.float32([2]), "w"), numpy_helper.from_array(np.float32([1]), "v")],
        value_info=[tensors["y"]],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    return made.SerializeToString()


def run(part: bytes, **inputs: list[float]) -> list[float]:
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(part, providers=["CPUExecutionProvider"])
    return session.run(None, {name: np.float32(values) for name, values in inputs.items()})[0].tolist()


def test_the_parts_compute_what_the_whole_does():
    whole = model()
    graph = Graph(memoryview(whole))
    first, second = graph.cut(["x"], ["y"]), graph.cut(["y"], ["z"])
    assert run(first, x=[-3, 4]) == [6, 8]
    assert run(second, y=[6, 8]) == run(whole, x=[-3, 4]) == [7, 9]


def test_a_part_holds_only_the_weights_it_needs():
    onnx = pytest.importorskip("onnx")
    part = onnx.load_from_string(Graph(memoryview(model())).cut(["x"], ["y"]))
    assert [weight.name for weight in part.graph.initializer] == ["w"]
    assert [node.op_type for node in part.graph.node] == ["Abs", "Mul"]
    onnx.checker.check_model(part)


def test_names_and_inputs_must_fit():
    graph = Graph(memoryview(model()))
    with pytest.raises(ValueError, match="no tensor called nowhere"):
        graph.cut(["x"], ["nowhere"])
    with pytest.raises(ValueError, match="x comes from nothing"):
        graph.cut(["z"], ["y"])


def test_graphs_inside_nodes_are_refused():
    helper = pytest.importorskip("onnx.helper")
    graph = helper.make_graph([helper.make_node("If", ["c"], ["y"])], "g", [], [])
    with pytest.raises(ValueError, match="If cannot be cut"):
        Graph(memoryview(helper.make_model(graph).SerializeToString()))


@given(st.binary(max_size=60))
def test_bytes_that_are_no_model_are_refused(data):
    try:
        Graph(memoryview(data)).cut(["x"], ["y"])
    except ValueError:
        return
    pytest.fail("no error")


@given(st.integers(0, 100))
def test_a_model_that_was_cut_short_is_refused(length):
    with pytest.raises(ValueError, match=r"."):  # the graph, which is longer than that, comes second
        Graph(memoryview(model()[:length])).cut(["x"], ["z"])
